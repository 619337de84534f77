import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { reads } from '../../platform/database/reading.ts'
import { skus } from '../catalog/index.ts'
import { createCart } from './cart.ts'

export const cart = /* @__PURE__ */ once(() =>
  createCart({ database: database(), reads: reads(), skus }),
)
