import { ApiError, codes, NetworkError, PaymentCancelled } from 'minimall-client'

const SENTENCES: { [code: number]: string } = {
  [codes.outOfStock]: '库存不足，请减少数量',
  [codes.purchaseLimit]: '超过限购数量',
  [codes.couponUnusable]: '这张优惠券不能用于此订单',
  [codes.couponGone]: '优惠券已被领完',
  [codes.wrongState]: '订单状态已改变，请刷新',
  [codes.cartFull]: '购物车已满',
  [codes.tooManyAddresses]: '地址数量已达上限',
  [codes.notFound]: '内容不存在或已下架',
  [codes.rateLimited]: '操作太频繁，请稍后再试',
  [codes.unavailable]: '服务繁忙，请稍后再试',
  [codes.keyReused]: '订单已提交，请到订单列表查看',
}

/** What to tell the user of an error. What is ours to mend comes with the id that support asks for. */
export function explain(error: unknown): string {
  if (error instanceof PaymentCancelled) return '支付已取消'
  if (error instanceof NetworkError) return '网络不给力，请检查网络后重试'
  if (error instanceof ApiError)
    return SENTENCES[error.code] ?? `出错了（${error.code}，${error.traceId}）`
  return error instanceof Error ? error.message : '出错了，请重试'
}
