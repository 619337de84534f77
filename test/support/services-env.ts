import { inject } from 'vitest'
import { setLogLevel } from '../../shared/platform/telemetry/log.ts'

// Before any module of the shop reads its settings.
Object.assign(process.env, inject('env'), { LOG_LEVEL: 'error' })
setLogLevel('error')
