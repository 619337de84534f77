import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Below the ports that systems hand out by themselves, which would take one between two uses. */
const [LOWEST, COUNT] = [20_000, 12_000]
const TRIES = 100

/** @returns a loopback port that nobody listened on a moment ago */
export async function freePort(): Promise<number> {
  for (let turn = 0; turn < TRIES; turn++) {
    const port = LOWEST + randomInt(COUNT)
    if (!(await isTaken(port))) return port
  }
  throw new Error('no port to be had')
}

/** @returns whether a program listens on the port, on any address of this machine */
export async function isTaken(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(true))
    server.listen(port, () => server.close(() => resolve(false)))
  })
}

/**
 * The port that was used the last time, where it is still free, else another one: for addresses that
 * are kept, like those of pictures.
 * @param file where the port is kept
 */
export async function keptPort(file: string): Promise<number> {
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const port = last > 0 && !(await isTaken(last)) ? last : await freePort()
  writeFileSync(file, String(port))
  return port
}
