export type EngineOptions = {
  /** Where it keeps its data. */
  dir: string
  /** Told when it ends though nobody stopped it, and how. */
  onDeath?: ((what: string) => void) | undefined
}
