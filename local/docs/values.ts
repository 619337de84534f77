import { ORDER_VALUES } from './order-values.ts'

const coupon = {
  id: '1',
  name: '满99减10',
  kind: 'amount',
  amountFen: 1000,
  thresholdFen: 9900,
  validFrom: '2026-11-24T00:00:00.000Z',
  validUntil: '2026-12-31T16:00:00.000Z',
}

const deadLetter = {
  id: '0b0b3ea5-7e68-4a5f-8c1f-2f6f4e3c9d10',
  type: 'order.accepted',
  occurredAt: '2026-11-24T08:00:00.000Z',
  sentAt: '2026-11-24T08:00:00.120Z',
  receivedCount: 11,
  reason: 'its tries were used up: see the log of its trace',
  traceId: '01KB2Z5GJ9QW8X4V7T3N6M2R1D',
}
const redactedOrder = {
  type: 'order.accepted',
  version: 1,
  id: '01KB2Z5GJ9QW8X4V7T3N6M2R1F',
  traceId: '01KB2Z5GJ9QW8X4V7T3N6M2R1D',
  occurredAt: '2026-11-24T08:00:00.000Z',
  data: { orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1C', userId: '1001', address: '[hidden]' },
}

/**
 * Examples for what the sample events do not show: by the name of a schema, of a field, of a field of
 * one schema (`OrderReceipt.expiresAt`), or of a whole answer (`opsDocs 200`). A value is taken where it fits
 * the schema.
 */
export const VALUES: Readonly<Record<string, unknown>> = {
  'Idempotency-Key': '5f0c3b0e-6d0a-4c3e-9a53-2f1d7e8b9c04',
  ...ORDER_VALUES,
  Id: '1001',
  Ulid: '01KB2Z5GJ9QW8X4V7T3N6M2R1C',
  Fen: 1990,
  Time: '2026-11-24T08:00:00.000Z',
  Email: 'alice@example.com',
  TraceId: '01KB2Z5GJ9QW8X4V7T3N6M2R1D',

  'OrderReceipt.expiresAt': '2026-11-24T08:15:00.000Z',
  'OrderEvent.step': 'pay',
  PayParams: {
    timeStamp: '1795507200',
    nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
    package: 'prepay_id=wx241600000000000000000000000000',
    signType: 'RSA',
    paySign: 'c2lnbmF0dXJl',
  },
  CouponOffer: {
    ...coupon,
    perUser: 1,
    left: 480,
    claimed: 0,
    claimable: true,
  },
  UserCoupon: { ...coupon, claimed: 1, used: 0, usable: true },
  CouponView: { ...coupon, perUser: 1, total: 500, claimed: 20, withdrawn: false },
  StockView: { skuId: '10', received: 270, sold: 30, held: 2, available: 238 },
  CampaignView: {
    id: '01KB2Z5GJ9QW8X4V7T3N6M2R1E',
    state: 'sending',
    total: 5000,
    sent: 4200,
    failed: 3,
  },
  ExportView: {
    id: '01KB2Z5GJ9QW8X4V7T3N6M2R1G',
    kind: 'orders',
    format: 'csv',
    from: '2026-10-31T16:00:00.000Z',
    to: '2026-11-30T16:00:00.000Z',
    state: 'done',
    rows: 52_360,
    percent: 100,
    url: 'https://minimall-prod-exports-123456789012.s3.ap-southeast-1.amazonaws.com/exports/01KB2Z5GJ9QW8X4V7T3N6M2R1G?X-Amz-Signature=0123456789abcdef',
  },
  LetterId: '0b0b3ea5-7e68-4a5f-8c1f-2f6f4e3c9d10',
  DeadLetter: deadLetter,
  DeadLetterDetail: { ...deadLetter, body: redactedOrder },
  DiscardedMessage: {
    id: '7',
    letterId: deadLetter.id,
    body: redactedOrder,
    reason: 'a test of ours',
    actorId: '1',
    discardedAt: '2026-11-24T09:30:00.000Z',
  },
  JobDayView: {
    schedule: 'stock-reconcile',
    day: '2026-11-24',
    runs: 51,
    failures: 0,
    counts: { skus: 5100, ledgers: 5100, settled: 2, repaired: 1, ledgerDrift: 0 },
    lastAt: '2026-11-24T08:30:00.000Z',
  },
  Category: {
    id: '1',
    name: '茶与咖啡',
    children: [{ id: '5', name: '咖啡器具', children: [] }],
  },
  Jwks: {
    keys: [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: '2026-11',
        alg: 'EdDSA',
        use: 'sig',
      },
    ],
  },

  'opsDocs 200': '<!doctype html>…',
  'paymentsNotify 400': { code: 'FAIL', message: 'not a notice' },
  'paymentsNotify 401': { code: 'FAIL', message: 'not signed by WeChat Pay' },
  'paymentsRefundNotify 400': { code: 'FAIL', message: 'not a notice' },
  'paymentsRefundNotify 401': { code: 'FAIL', message: 'not signed by WeChat Pay' },

  accessToken: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMDAxIn0.c2lnbmF0dXJl',
  refreshToken: 'VGhpcyBpcyBhIHNhbXBsZSwgbm90IGEgdG9rZW4',
  expiresIn: 900,
  phone: '00000000000',
  email: 'alice@example.com',
  avatarUrl: 'https://example.com/avatar.png',
  device: 'MicroMessenger, iPhone',
  description: '细嘴，九百毫升',
  images: ['https://example.com/pot.jpg'],
  image: 'https://example.com/pot.jpg',
  skuTitle: '黑色',
  stock: 50,
  sales: 1280,
  limitPerUser: 2,
  quantity: 1,
  latencyMs: 1.4,
  nextCursor: null,
  cursor: '01KB2Z5GJ9QW8X4V7T3N6M2R1C',
  q: '咖啡',
  message: 'ok',
  orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1C',
  traceId: '01KB2Z5GJ9QW8X4V7T3N6M2R1D',
  openapi: '3.1.1',
}

/** What `details` holds, by code. */
export const DETAILS: Readonly<Record<number, unknown>> = {
  40001: [{ field: 'items.0.quantity', message: 'Too big: expected number to be <=999' }],
  40901: [{ skuId: '10' }],
  40902: { status: 'cancelled' },
  40904: [{ skuId: '10' }],
  40907: { reason: 'expired' },
  40908: { reason: 'sold out' },
}
