import { inject } from 'vitest'

// Before any module of the shop reads its settings.
Object.assign(process.env, inject('env'))
