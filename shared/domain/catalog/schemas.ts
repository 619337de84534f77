import * as z from 'zod/mini'
import { Fen, Id, page, text } from '../../platform/http/fields.ts'
import type { Page } from '../../platform/http/page.ts'

export type Category = { id: string; name: string; children: Category[] }
/** A tree: each category holds those below it. */
export const Category: z.ZodMiniType<Category> = z.object({
  id: Id,
  name: z.string(),
  children: z.array(z.lazy(() => Category)),
})

export const SORTS = ['newest', 'sales', 'price_asc', 'price_desc'] as const
export type Sort = (typeof SORTS)[number]

export const ListProducts = z.strictObject({
  category: z.optional(Id),
  q: z.optional(text(1, 64)),
  sort: z._default(z.enum(SORTS), 'newest'),
  ...page,
})
export type ListProducts = z.output<typeof ListProducts>

/** A product as a list shows it. */
export const ProductCard = z.object({
  id: Id,
  title: z.string(),
  image: z.optional(z.string()),
  categoryId: z.optional(Id),
  priceFen: Fen,
  sales: z.int(),
})
export type ProductCard = z.output<typeof ProductCard>
export type ProductList = Page<ProductCard>

const Attributes = z.record(text(1, 32), text(1, 64))

export const SkuView = z.object({
  id: Id,
  title: z.string(),
  priceFen: Fen,
  stock: z.int(),
  limitPerUser: z.optional(z.int()),
  attributes: Attributes,
})

export const PRODUCT_STATUSES = ['published', 'unpublished'] as const

/** `stock` and `sales` are those of the moment at which the product was read from the database: hints. */
export const ProductView = z.object({
  id: Id,
  title: z.string(),
  description: z.string(),
  images: z.array(z.string()),
  categoryId: z.optional(Id),
  status: z.enum(PRODUCT_STATUSES),
  sales: z.int(),
  skus: z.array(SkuView),
})
export type ProductView = z.output<typeof ProductView>

const Description = z.string().check(z.maxLength(20_000))
const Images = z
  .array(z.url({ protocol: /^https?$/, error: 'must be a URL' }).check(z.maxLength(512)))
  .check(z.maxLength(20))
/** At least one fen: WeChat Pay takes nothing less. */
const Price = Fen.check(z.gte(1))
const LimitPerUser = z.int().check(z.gte(1), z.lte(999))

export const NewProduct = z.strictObject({
  title: text(1, 128),
  description: z._default(Description, ''),
  categoryId: z.optional(Id),
  images: z._default(Images, []),
  skus: z
    .array(
      z.strictObject({
        title: text(1, 128),
        priceFen: Price,
        stock: z.int().check(z.gte(0), z.lte(1_000_000)),
        limitPerUser: z.optional(LimitPerUser),
        attributes: z._default(Attributes, {}),
      }),
    )
    .check(z.minLength(1), z.maxLength(50)),
})
export type NewProduct = z.output<typeof NewProduct>

/** Any of the fields. SKUs are changed by id; stock has a route of its own, which asks for a reason. */
export const ProductChange = z
  .strictObject({
    title: z.optional(text(1, 128)),
    description: z.optional(Description),
    categoryId: z.optional(Id),
    images: z.optional(Images),
    status: z.optional(z.enum(PRODUCT_STATUSES)),
    skus: z.optional(
      z
        .array(
          z.strictObject({
            id: Id,
            title: z.optional(text(1, 128)),
            priceFen: z.optional(Price),
            limitPerUser: z.optional(z.nullable(LimitPerUser)),
            attributes: z.optional(Attributes),
          }),
        )
        .check(z.minLength(1), z.maxLength(50)),
    ),
  })
  .check(z.refine((change) => Object.keys(change).length > 0, 'name at least one field to change'))
export type ProductChange = z.output<typeof ProductChange>

/** The first screen in one call. */
export const Home = z.object({
  banners: z.array(z.object({ image: z.string(), productId: Id })),
  categories: z.array(Category),
  featured: z.array(ProductCard),
  flashSales: z.array(ProductCard),
})
export type Home = z.output<typeof Home>
