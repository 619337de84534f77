import { expectTypeOf, it } from 'vitest'
import type { Client, Data, Input, Route } from '../../client/src/index.ts'

it('a route is typed by its name', () => {
  expectTypeOf<'GET /api/orders/{id}'>().toExtend<Route>()
  expectTypeOf<Input<'GET /api/orders/{id}'>>().toEqualTypeOf<{ params: { id: string } }>()
  expectTypeOf<Data<'GET /api/cart'>['items'][number]['priceFen']>().toBeNumber()
  expectTypeOf<Data<'DELETE /api/addresses/{id}'>>().toBeNull()
})

it('a call takes what its route takes, and nothing else', () => {
  // Read by the compiler only.
  const calls = (shop: Client) => [
    shop.request('GET /api/home'),
    shop.request('GET /api/products', { query: { limit: 20, sort: 'sales' } }),
    // @ts-expect-error an order it does not know
    shop.request('GET /api/products', { query: { sort: 'random' } }),
    // @ts-expect-error no id
    shop.request('GET /api/products/{id}'),
    // @ts-expect-error a body for a GET
    shop.request('GET /api/products/{id}', { params: { id: '1' }, body: {} }),
    // @ts-expect-error a query for a route that has none
    shop.request('GET /api/home', { query: { a: '1' } }),
    // @ts-expect-error no such route
    shop.request('GET /api/nothing'),
  ]
  expectTypeOf(calls).toBeFunction()
})
