import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { setLogLevel } from '../../shared/platform/telemetry/log.ts'

// Before any module of the shop reads its settings. What breakers and replicas are known to be like is known
// by region: each file has its own, since one may let an upstream fail while another needs it.
const AWS_REGION = `test-${randomUUID().slice(0, 8)}`
Object.assign(process.env, inject('env'), { LOG_LEVEL: 'error', AWS_REGION })
setLogLevel('error')
