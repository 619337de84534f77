/** What the order path needs to know of a SKU; prices come from here, never from the client. */
export type SkuForSale = {
  skuId: string
  productId: string
  title: string
  skuTitle: string
  image?: string | undefined
  priceFen: number
  limitPerUser?: number | undefined
  onSale: boolean
}
