import { setTimeout as wait } from 'node:timers/promises'
import { NotFound } from '../errors/standard.ts'
import { describeError, log } from '../telemetry/log.ts'
import { millisLeft, outOfTime } from '../telemetry/scope.ts'
import { depthsOf, QUEUES } from './admin.ts'
import { type Letter, RECEIVE_COUNT, receiveLetters, releaseLetters, sendBack } from './letters.ts'
import { batchesOf } from './queue.ts'

/** Most letters of one look: those beyond are looked at when these have gone. */
export const LOOK_COUNT = 1_000
/** Kept back for giving back what was received, and for the answer. */
const RESERVE_MILLIS = 1_500

/** @throws NotFound where the shop has no queue of this name */
export function assertQueue(name: string): void {
  if (!QUEUES.some((queue) => queue === name)) throw new NotFound()
}

const mayGoOn = (millis = 0) => !outOfTime() && millisLeft() - millis > RESERVE_MILLIS

/**
 * Hands out the letters that are there now, each once, as time goes; who takes them gives them back.
 * Those that come back while it runs, because nothing was mended, are not waited for.
 */
async function* walk(queue: string, most: number, size = RECEIVE_COUNT): AsyncGenerator<Letter[]> {
  const [present] = await depthsOf(`${queue}-dead`)
  const end = Math.min(present, most)
  for (let seen = 0; seen < end && mayGoOn(); ) {
    const letters = await receiveLetters(queue, Math.min(size, end - seen), 1)
    if (letters.length === 0) return
    seen += letters.length
    yield letters
  }
}

/** A letter that can't be given back now is seen again a minute later: no reason to fail. */
async function release(queue: string, letters: readonly Letter[]): Promise<void> {
  if (letters.length === 0) return
  await releaseLetters(queue, letters).catch((error: unknown) => {
    log.warn('letters not given back', { queue, error: describeError(error) })
  })
}

export type Look = {
  letters: Letter[]
  /** Letters that somebody else has received just now, and that this look could not see. */
  hidden: number
}

/**
 * Looks at a dead-letter queue: receives every letter (at most {@link LOOK_COUNT}), and gives all back.
 * @returns the letters, the oldest first
 * @throws NotFound; Unavailable where SQS does not answer
 */
export async function lookAt(queue: string): Promise<Look> {
  assertQueue(queue)
  const [, hidden] = await depthsOf(`${queue}-dead`)
  const letters: Letter[] = []
  try {
    for await (const some of walk(queue, LOOK_COUNT)) letters.push(...some)
  } finally {
    await release(queue, letters)
  }
  const inOrder = (a: Letter, b: Letter) =>
    a.sentAt.getTime() - b.sentAt.getTime() || (a.id < b.id ? -1 : 1)
  return { letters: letters.toSorted(inOrder), hidden }
}

/** Hands out the letters of these ids, and gives the others back when it ends. */
async function* pick(queue: string, ids: readonly string[]): AsyncGenerator<Letter[]> {
  const wanted = new Set(ids)
  const others: Letter[] = []
  try {
    for await (const some of walk(queue, Number.POSITIVE_INFINITY)) {
      const found = some.filter(({ id }) => wanted.delete(id))
      others.push(...some.filter((letter) => !found.includes(letter)))
      if (found.length > 0) yield found
      if (wanted.size === 0) return
    }
  } finally {
    await release(queue, others)
  }
}

export type Choice = {
  /** Which letters; all where it is left out. */
  ids?: readonly string[] | undefined
  /** Most letters a second; as fast as it goes where it is left out. */
  perSecond?: number | undefined
}

/**
 * Handles chosen letters one batch after the other, at a rate, as far as the invocation's time goes:
 * calling again does the rest. Safe to run twice at once: what one has received the other does not see.
 * @param handle gets at most ten, and returns those that it has taken out of the queue
 * @returns how many were done, and how many of the chosen ones are left: time was up, somebody else has
 *   them, or (by id) they are not there
 * @throws NotFound; whatever `handle` and SQS throw, where nothing could be done
 */
export async function eachLetter(
  queue: string,
  { ids, perSecond = Number.POSITIVE_INFINITY }: Choice,
  handle: (letters: readonly Letter[]) => Promise<readonly Letter[]>,
): Promise<{ done: number; left: number }> {
  assertQueue(queue)
  const [present] = await depthsOf(`${queue}-dead`)
  const size = Math.max(1, Math.floor(Math.min(RECEIVE_COUNT, perSecond)))
  const batches = ids === undefined ? walk(queue, present, size) : pick(queue, ids)
  const asked = ids === undefined ? present : new Set(ids).size
  const began = performance.now()
  let done = 0
  try {
    for await (const letters of batches) {
      for (let at = 0; at < letters.length; at += size) {
        const some = letters.slice(at, at + size)
        const pause = Math.max(0, began + (done * 1000) / perSecond - performance.now())
        if (!mayGoOn(pause)) {
          await release(queue, letters.slice(at))
          return { done, left: asked - done }
        }
        if (pause > 0) await wait(pause)
        const taken = await handle(some)
        done += taken.length
        await release(
          queue,
          some.filter((letter) => !taken.includes(letter)),
        )
      }
    }
  } catch (error) {
    // The time was up within a call. What was done is worth an answer.
    if (done === 0 || !outOfTime()) throw error
  }
  return { done, left: Math.max(0, asked - done) }
}

/** Moves letters back to their queue: see {@link eachLetter}. */
export function redrive(queue: string, choice: Choice = {}) {
  return eachLetter(queue, choice, async (letters) => {
    const entries = letters.map((letter) => ({ Id: letter.id, MessageBody: letter.body, letter }))
    const moved: Letter[] = []
    for (const batch of batchesOf(entries)) {
      const sent = await sendBack(
        queue,
        batch.map(({ letter }) => letter),
      )
      moved.push(...sent)
      if (sent.length === 0) break
    }
    return moved
  })
}
