/** gRPC's codes, as a Vitess message spells them. */
const CODES = {
  ABORTED: 'Aborted',
  ALREADY_EXISTS: 'AlreadyExists',
  DEADLINE_EXCEEDED: 'DeadlineExceeded',
  FAILED_PRECONDITION: 'FailedPrecondition',
  INVALID_ARGUMENT: 'InvalidArgument',
  NOT_FOUND: 'NotFound',
  PERMISSION_DENIED: 'PermissionDenied',
  RESOURCE_EXHAUSTED: 'ResourceExhausted',
  UNAVAILABLE: 'Unavailable',
  UNIMPLEMENTED: 'Unimplemented',
  UNKNOWN: 'Unknown',
} as const
export type Code = keyof typeof CODES

/** How Vitess sorts the errors of MySQL that a shop may meet; others are UNKNOWN. */
const BY_ERRNO: Partial<Record<Code, readonly number[]>> = {
  ABORTED: [1078, 1080, 1152, 1213],
  ALREADY_EXISTS: [1050, 1062, 1086, 1125],
  DEADLINE_EXCEEDED: [1205],
  FAILED_PRECONDITION: [1046, 1176, 1216, 1217, 1241, 1242, 1264, 1451, 1452, 1792],
  INVALID_ARGUMENT: [
    1048, 1049, 1052, 1055, 1060, 1061, 1064, 1065, 1110, 1111, 1136, 1210, 1265, 1292, 1366, 1406,
    1690,
  ],
  NOT_FOUND: [1032, 1054, 1094, 1109, 1146],
  PERMISSION_DENIED: [1044, 1045, 1142, 1227],
  RESOURCE_EXHAUSTED: [1021, 1037, 1038, 1040, 1041, 1153, 1203, 1206],
  UNIMPLEMENTED: [1235],
}

/** An error as PlanetScale's API answers it; the text is what code can recognise it by. */
export class VitessError extends Error {
  override readonly name = 'VitessError'
  readonly code: Code

  constructor(code: Code, text: string) {
    super(`target: minimall.-.primary: vttablet: rpc error: code = ${CODES[code]} desc = ${text}`)
    this.code = code
  }
}

type MysqlError = { message: string; errno?: number; sqlState?: string; fatal?: boolean }

/** With these, a server says that it ends the connection: it shuts down, or was told to. */
const LAST_WORDS = [1053, 1927, 4031]

/** @returns true where the server refused the statement and the connection can be used further */
export function isRefusal(error: unknown): error is Required<MysqlError> {
  const { sqlState, errno, fatal } = error as MysqlError
  if (sqlState === undefined || errno === undefined || fatal === true) return false
  return !LAST_WORDS.includes(errno)
}

/**
 * A refused statement as Vitess tells it, with MySQL's numbers.
 * @see https://github.com/vitessio/vitess/blob/main/go/vt/vttablet/tabletserver/tabletserver.go
 */
export function vitessErrorOf({ message, errno, sqlState }: Required<MysqlError>): VitessError {
  const code = (Object.keys(BY_ERRNO) as Code[]).find((name) => BY_ERRNO[name]?.includes(errno))
  const numbers = `(errno ${errno}) (sqlstate ${sqlState}) (CallerID: minimall)`
  return new VitessError(code ?? 'UNKNOWN', `${message} ${numbers}`)
}
