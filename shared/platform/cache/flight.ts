/** Loads that are under way in this container, so that what is asked for twice is fetched once. */
export type Flights<T> = {
  /**
   * Gets values by id: those that are on their way are waited for, the others fetched together.
   * @param fetch gets what nobody fetches yet; `isCurrent` tells whether an id was forgotten meanwhile
   */
  board(
    ids: readonly string[],
    fetch: (ids: string[], isCurrent: (id: string) => boolean) => Promise<Map<string, T>>,
  ): Promise<Map<string, T>>
  /** What is on its way may be old now: whoever asks from here on does not wait for it. */
  forget(ids: readonly string[]): void
  forgetAll(): void
}

type Flight<T> = { startedAt: number; landing: Promise<Map<string, T>> }

/**
 * Single flight.
 * @param joinMillis how long after its start a flight takes others on: it brings what was true when it
 *   started or later, so nobody gets anything older than this. 0: it takes nobody on
 */
export function createFlights<T>(joinMillis: number, now: () => number): Flights<T> {
  const flights = new Map<string, Flight<T>>()

  function start(
    ids: string[],
    fetch: Parameters<Flights<T>['board']>[1],
  ): Promise<Map<string, T>> {
    // In the map before anything is fetched, so that `isCurrent` never asks too early.
    const { promise: landing, resolve, reject } = Promise.withResolvers<Map<string, T>>()
    const flight: Flight<T> = { startedAt: now(), landing }
    for (const id of ids) flights.set(id, flight)
    const isCurrent = (id: string) => flights.get(id) === flight
    const land = () => {
      for (const id of ids) if (isCurrent(id)) flights.delete(id)
    }
    fetch(ids, isCurrent).finally(land).then(resolve, reject)
    return landing
  }

  return {
    async board(ids, fetch) {
      const landings = new Map<string, Flight<T>['landing']>()
      const missing: string[] = []
      for (const id of ids) {
        const flight = flights.get(id)
        if (flight !== undefined && now() - flight.startedAt < joinMillis)
          landings.set(id, flight.landing)
        else missing.push(id)
      }
      if (missing.length > 0) {
        const landing = start(missing, fetch)
        for (const id of missing) landings.set(id, landing)
      }
      await Promise.all(landings.values())
      // Each id from the flight that it came with: what else that brings may have been forgotten.
      const landed = new Map<string, T>()
      for (const [id, landing] of landings) {
        const value = (await landing).get(id)
        if (value !== undefined) landed.set(id, value)
      }
      return landed
    },
    forget(ids) {
      for (const id of ids) flights.delete(id)
    },
    forgetAll: () => flights.clear(),
  }
}
