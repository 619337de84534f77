import type { RunClock } from '../run-clock.ts'
import type { Admin } from './admin.ts'
import type { Plan } from './plan.ts'
import { CantSignIn } from './session.ts'
import { createShopper, type Shop, type Shopper } from './shopper.ts'

/** As many visits at once as a machine with a whole stack on it bears. */
const AT_ONCE = 150

export type Crowd = {
  shoppers: Shopper[]
  /** Plays all visits and errands; each begins at its time, or as soon as there is room. */
  play(
    admin: Admin,
    how: { clock: RunClock; signal: AbortSignal; show: (done: number) => void },
  ): Promise<void>
}

/** Lets all shoppers in, some at a time. */
export async function gather(shop: Shop, plan: Plan): Promise<Crowd> {
  const shoppers = plan.shoppers.map(({ name, email }) => createShopper(shop, name, email))
  await each(shoppers, 8, (shopper) => shopper.arrive())

  return {
    shoppers,
    async play(admin, { clock, signal, show }) {
      const acts = [
        ...plan.visits.map((visit) => ({
          at: visit.at,
          act: async () => shoppers[visit.shopper]?.visit(visit),
        })),
        ...plan.errands.map((errand) => ({
          at: errand.at,
          act: () => admin.run(errand, shop.skuIds),
        })),
      ].toSorted((a, b) => a.at - b.at)
      let done = 0
      await each(acts, AT_ONCE, async ({ at, act }) => {
        await clock.reach(at, signal)
        if (signal.aborted) return
        // Somebody who can't even sign in goes away.
        await act().catch((error: unknown) => {
          if (!(error instanceof CantSignIn)) throw error
        })
        show(++done)
      })
    },
  }
}

/** Works through things in their order, `count` at a time. */
export async function each<T>(
  things: readonly T[],
  count: number,
  work: (thing: T) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const workers = Array.from({ length: Math.min(count, things.length) }, async () => {
    for (let at = next++; at < things.length; at = next++) await work(things[at] as T)
  })
  await Promise.all(workers)
}
