// A thread of search.ts: plays the seeds that it is handed until there are no more.
import { parentPort, workerData } from 'node:worker_threads'
import { createPlayer, type Portion } from './search.ts'

const port = parentPort
if (port === null) throw new Error('a thread of npm run model, no command')
const play = await createPlayer(workerData)
port.on('message', async (portion: Portion | undefined) => {
  if (portion === undefined) return port.close()
  for (let seed = portion.from; seed < portion.from + portion.count; seed++) {
    port.postMessage(await play(seed))
  }
  port.postMessage('more')
})
port.postMessage('more')
