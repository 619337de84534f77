import { expect, test } from 'vitest'
import { picture } from '../../../local/catalog/pictures.ts'
import { CATALOG } from '../../../local/catalog/products.ts'

const categories = CATALOG.flatMap((group) => group.categories)
const products = categories.flatMap((category) => category.products)

test('some 40 products in 6 to 8 categories, every title once', () => {
  expect(categories.length).toBeGreaterThanOrEqual(6)
  expect(categories.length).toBeLessThanOrEqual(8)
  expect(products.length).toBeGreaterThanOrEqual(40)
  expect(new Set(products.map(({ title }) => title)).size).toBe(products.length)
  expect(categories.filter((category) => category.products.length === 0)).toEqual([])
})

test.each(products)('$title fits the tables and can be bought', ({ title, description, skus }) => {
  expect(title.length).toBeLessThanOrEqual(128)
  expect(description).not.toBe('')
  expect(skus.length).toBeGreaterThanOrEqual(1)
  expect(skus.length).toBeLessThanOrEqual(4)
  expect(new Set(skus.map((sku) => sku.title)).size).toBe(skus.length)
  for (const { priceFen, stock, limitPerUser = 1 } of skus) {
    for (const number of [priceFen, stock, limitPerUser]) {
      expect(Number.isSafeInteger(number) && number > 0).toBe(true)
    }
  }
})

test('neighbours in a category have different pictures, which need no font and no other file', () => {
  for (const { motif, products } of categories) {
    const svgs = products.map((_, variant) => picture(motif, variant))
    expect(new Set(svgs).size).toBe(svgs.length)
    for (const svg of svgs) expect(svg).not.toMatch(/<text|href|undefined|NaN/)
  }
})
