import { Redis } from 'ioredis'

/** @returns seconds of CPU that a Redis server has used since it started */
export async function redisSeconds(url: string): Promise<number> {
  const server = new Redis(url)
  try {
    const said = await server.info('cpu')
    const of = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(said)?.[1] ?? 0)
    return of('used_cpu_user') + of('used_cpu_sys')
  } finally {
    server.disconnect()
  }
}
