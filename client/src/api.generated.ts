// Made from docs/openapi.json by `npm run docs`; do not edit.

/** Every route of the API. */
export interface Routes {
  /** The user's addresses, the default first */
  'GET /api/addresses': {
    input: {}
    data: Array<AddressView>
  }
  /** Adds an address; the first becomes the default */
  'POST /api/addresses': {
    input: {
      body: AddressInput
    }
    data: AddressView
  }
  /** Deletes an address; orders keep theirs */
  'DELETE /api/addresses/{id}': {
    input: {
      params: { id: Id }
    }
    data: null
  }
  /** Replaces an address */
  'PUT /api/addresses/{id}': {
    input: {
      params: { id: Id }
      body: AddressInput
    }
    data: AddressView
  }
  /** Sends a mail to the named addresses, or to all users with an address */
  'POST /api/admin/campaigns': {
    input: {
      body: NewCampaign
    }
    data: CampaignCreated
  }
  /** How far a campaign is */
  'GET /api/admin/campaigns/{id}': {
    input: {
      params: { id: Ulid }
    }
    data: CampaignView
  }
  /** All coupons, the newest first */
  'GET /api/admin/coupons': {
    input: {
      query?: { limit?: number | undefined; cursor?: Id | undefined }
    }
    data: {
      items: Array<CouponView>
      nextCursor: string | null
    }
  }
  /** Makes a coupon */
  'POST /api/admin/coupons': {
    input: {
      body: NewCoupon
    }
    data: CouponView
  }
  /** Changes a coupon, withdraws it or offers it again */
  'PATCH /api/admin/coupons/{id}': {
    input: {
      params: { id: Id }
      body: CouponChange
    }
    data: CouponView
  }
  /** Writes the orders of a time into a file, for a spreadsheet or for programs */
  'POST /api/admin/exports': {
    input: {
      body: NewExport
    }
    data: ExportCreated
  }
  /** How far an export is, and where its file can be fetched */
  'GET /api/admin/exports/{id}': {
    input: {
      params: { id: Ulid }
    }
    data: ExportView
  }
  /** What the jobs of the clock did in the last seven days: runs, failures, repairs */
  'GET /api/admin/jobs': {
    input: {}
    data: Array<JobDayView>
  }
  /** Everybody's orders, the newest first; those still pending are not among them */
  'GET /api/admin/orders': {
    input: {
      query?: { status?: 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded' | undefined; limit?: number | undefined; cursor?: Ulid | undefined; userId?: Id | undefined }
    }
    data: {
      items: Array<AdminOrder>
      nextCursor: string | null
    }
  }
  /** One order with each step, by whom and under which trace, and its money */
  'GET /api/admin/orders/{id}': {
    input: {
      params: { id: Ulid }
    }
    data: AdminOrderWithMoney
  }
  /** Grants a refund, asked for or not, or refuses one; granted, WeChat pays it back */
  'POST /api/admin/orders/{id}/refund': {
    input: {
      params: { id: Ulid }
      body?: DecideRefund
    }
    data: AdminOrderWithMoney
  }
  /** Notes the parcel of a paid order and tells the buyer */
  'POST /api/admin/orders/{id}/ship': {
    input: {
      params: { id: Ulid }
      body: Ship
    }
    data: AdminOrderDetail
  }
  /** What a person has to look at: late money, amounts that differ, bills that disagree */
  'GET /api/admin/payments/incidents': {
    input: {
      query?: { limit?: number | undefined; cursor?: Id | undefined }
    }
    data: {
      items: Array<IncidentView>
      nextCursor: string | null
    }
  }
  /** Notes that a person has looked at an incident; one that is closed stays as it is */
  'POST /api/admin/payments/incidents/{id}/close': {
    input: {
      params: { id: Id }
      body: CloseIncident
    }
    data: IncidentView
  }
  /** Adds a product and publishes it */
  'POST /api/admin/products': {
    input: {
      body: NewProduct
    }
    data: ProductView
  }
  /** Changes, publishes or unpublishes a product */
  'PATCH /api/admin/products/{id}': {
    input: {
      params: { id: Id }
      body: ProductChange
    }
    data: ProductView
  }
  /** How full each queue is; SQS counts approximately */
  'GET /api/admin/queues': {
    input: {}
    data: Array<QueueStatus>
  }
  /** Messages that were set aside, and why, the oldest first */
  'GET /api/admin/queues/{name}/dead-letters': {
    input: {
      params: { name: string }
      query?: { limit?: number | undefined; cursor?: string | undefined }
    }
    data: DeadLetterPage
  }
  /** Throws dead letters away for good; who, when, why and what is written down */
  'POST /api/admin/queues/{name}/dead-letters/discard': {
    input: {
      params: { name: string }
      body: Discard
    }
    data: Discarded
  }
  /** Moves some or all dead letters back at a rate, as far as time goes; says how many are left */
  'POST /api/admin/queues/{name}/dead-letters/redrive': {
    input: {
      params: { name: string }
      body?: Redrive
    }
    data: Redriven
  }
  /** One dead letter whole, but for what says something about a person */
  'GET /api/admin/queues/{name}/dead-letters/{id}': {
    input: {
      params: { name: string; id: LetterId }
    }
    data: DeadLetterDetail
  }
  /** Dead letters that were thrown away, by whom and why, the newest first */
  'GET /api/admin/queues/{name}/discarded': {
    input: {
      params: { name: string }
      query?: { limit?: number | undefined; cursor?: Id | undefined }
    }
    data: {
      items: Array<DiscardedMessage>
      nextCursor: string | null
    }
  }
  /** Moves all dead letters back to their queue, as far as time goes: call again for the rest */
  'POST /api/admin/queues/{name}/redrive': {
    input: {
      params: { name: string }
    }
    data: {
      moved: number
    }
  }
  /** Where every unit of a SKU is: received = sold + held + available */
  'GET /api/admin/skus/{id}/stock': {
    input: {
      params: { id: Id }
    }
    data: StockView
  }
  /** Books units of a SKU received, or corrects them */
  'POST /api/admin/skus/{id}/stock': {
    input: {
      params: { id: Id }
      body: StockChange
    }
    data: StockView
  }
  /** Signs in with a code of wx.login */
  'POST /api/auth/login': {
    input: {
      body: Login
    }
    data: Tokens
  }
  /** Ends the session; its tokens stop working within 5 seconds */
  'POST /api/auth/logout': {
    input: {}
    data: null
  }
  /** New tokens for a refresh token, which is used up; its reuse ends the session */
  'POST /api/auth/refresh': {
    input: {
      body: Refresh
    }
    data: Tokens
  }
  /** Signs all of the user's devices out, this one too, within 5 seconds */
  'DELETE /api/auth/sessions': {
    input: {}
    data: null
  }
  /** The devices on which the user is signed in */
  'GET /api/auth/sessions': {
    input: {}
    data: Array<SessionView>
  }
  /** Signs one of the user's devices out */
  'DELETE /api/auth/sessions/{id}': {
    input: {
      params: { id: string }
    }
    data: null
  }
  /** What the user means to buy, at today's prices */
  'GET /api/cart': {
    input: {}
    data: CartView
  }
  /** Takes a SKU out of the cart */
  'DELETE /api/cart/items/{skuId}': {
    input: {
      params: { skuId: Id }
    }
    data: CartView
  }
  /** Puts a SKU into the cart, or changes its line */
  'PUT /api/cart/items/{skuId}': {
    input: {
      params: { skuId: Id }
      body: CartChange
    }
    data: CartView
  }
  /** The tree of categories */
  'GET /api/categories': {
    input: {}
    data: Array<Category>
  }
  /** Coupons that can be had, the newest first */
  'GET /api/coupons': {
    input: {
      query?: { limit?: number | undefined; cursor?: Id | undefined }
    }
    data: {
      items: Array<CouponOffer>
      nextCursor: string | null
    }
  }
  /** Claims a coupon; "limit reached" means that the user has it already */
  'POST /api/coupons/{id}/claim': {
    input: {
      params: { id: Id }
    }
    data: UserCoupon
  }
  /** Whether the parts that requests need answer; 503 where it should get no traffic */
  'GET /api/health': {
    input: {}
    data: Health
  }
  /** Whether functions run here; asks nothing, so it says nothing of what they need */
  'GET /api/health/alive': {
    input: {}
    data: {
      status: 'alive'
    }
  }
  /** The first screen in one call */
  'GET /api/home': {
    input: {}
    data: Home
  }
  /** The user's orders, the newest first */
  'GET /api/orders': {
    input: {
      query?: { status?: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded' | undefined; limit?: number | undefined; cursor?: Ulid | undefined }
    }
    data: {
      items: Array<OrderView>
      nextCursor: string | null
    }
  }
  /** Places an order; the stock is held and the answer is out before it is persisted */
  'POST /api/orders': {
    input: {
      body: PlaceOrder
    }
    data: OrderReceipt
  }
  /** One order of the user */
  'GET /api/orders/{id}': {
    input: {
      params: { id: Ulid }
    }
    data: OrderDetail
  }
  /** Cancels an order that is not paid */
  'POST /api/orders/{id}/cancel': {
    input: {
      params: { id: Ulid }
    }
    data: OrderDetail
  }
  /** Confirms that the parcel has arrived */
  'POST /api/orders/{id}/confirm': {
    input: {
      params: { id: Ulid }
    }
    data: OrderDetail
  }
  /** Begins a payment: the arguments of wx.requestPayment */
  'POST /api/orders/{id}/pay': {
    input: {
      params: { id: Ulid }
    }
    data: PayParams
  }
  /** Asks for the money back; an admin decides */
  'POST /api/orders/{id}/refund': {
    input: {
      params: { id: Ulid }
      body?: AskRefund
    }
    data: OrderDetail
  }
  /** Published products */
  'GET /api/products': {
    input: {
      query?: { category?: Id | undefined; q?: string | undefined; sort?: 'newest' | 'sales' | 'price_asc' | 'price_desc' | undefined; limit?: number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<ProductCard>
      nextCursor: string | null
    }
  }
  /** One published product */
  'GET /api/products/{id}': {
    input: {
      params: { id: Id }
    }
    data: ProductView
  }
  /** The coupons that the user has claimed, the newest first */
  'GET /api/user/coupons': {
    input: {
      query?: { state?: 'usable' | 'used' | 'expired' | undefined; limit?: number | undefined; cursor?: Id | undefined }
    }
    data: {
      items: Array<UserCoupon>
      nextCursor: string | null
    }
  }
  /** Closes the account, cancels what is not paid, and erases personal data */
  'DELETE /api/user/info': {
    input: {}
    data: null
  }
  /** The signed-in user */
  'GET /api/user/info': {
    input: {}
    data: UserView
  }
  /** Changes the signed-in user */
  'PATCH /api/user/info': {
    input: {
      body: UserChange
    }
    data: UserView
  }
  /** Changes the signed-in user as PATCH does, for wx.request, which knows no PATCH */
  'PUT /api/user/info': {
    input: {
      body: UserChange
    }
    data: UserView
  }
  /** Takes over the user's phone number from WeChat */
  'POST /api/user/phone': {
    input: {
      body: PhoneCode
    }
    data: PhoneView
  }
}

export type AddressView = {
  id: Id
  name: string
  phone: string
  province: string
  city: string
  district: string
  detail: string
  isDefault: boolean
}

/** An id made by the database, as a string of digits. */
export type Id = string

/** The first address of a user becomes the default by itself. */
export type AddressInput = {
  name: string
  phone: string
  province: string
  city: string
  district: string
  detail: string
  isDefault?: boolean
}

export type CampaignCreated = {
  id: Ulid
}

/** A ULID: orders, campaigns. */
export type Ulid = string

export type NewCampaign = {
  subject: string
  html: string
  text?: string
  audience: {
    emails?: Array<Email>
    all?: true
  }
}

/** An e-mail address, in lower case. */
export type Email = string

export type CampaignView = {
  id: Ulid
  state: 'expanding' | 'sending' | 'done'
  total: number
  sent: number
  failed: number
}

/** A coupon as admins see it; without `total` there is any number of it. */
export type CouponView = {
  id: Id
  name: string
  kind: 'amount' | 'percent'
  amountFen?: Fen
  percentOff?: number
  maxDiscountFen?: Fen
  thresholdFen: Fen
  validFrom: Time
  validUntil: Time
  perUser: number
  total?: number
  claimed: number
  withdrawn: boolean
}

/** Whole fen. */
export type Fen = number

/** ISO 8601 in UTC. */
export type Time = string

/** Without `validFrom` it is good at once; without `total` there is any number of it. */
export type NewCoupon = {
  name: string
  validFrom?: Time
  validUntil: Time
  total?: number
  perUser?: number
  kind: 'amount'
  amountFen: number
  thresholdFen: number
} | {
  name: string
  validFrom?: Time
  validUntil: Time
  total?: number
  perUser?: number
  kind: 'percent'
  percentOff: number
  maxDiscountFen?: number
  thresholdFen?: Fen
}

/** Any of the fields. `total` can only be raised, null: without end. What was claimed stays good. */
export type CouponChange = {
  name?: string
  validUntil?: Time
  total?: number | null
  withdrawn?: boolean
}

export type ExportCreated = {
  id: Ulid
}

/** Orders placed from `from` on and before `to`, that the database has when the export is asked for. */
export type NewExport = {
  kind: 'orders'
  from: Time
  to: Time
  format: 'csv' | 'ndjson'
}

/** How far an export is; `url` once it is done, good for some minutes, made anew at each look. */
export type ExportView = {
  id: Ulid
  kind: 'orders'
  format: 'csv' | 'ndjson'
  from: Time
  to: Time
  state: 'pending' | 'running' | 'done' | 'failed'
  rows: number
  percent: number
  url?: string
  reason?: string
}

/** What the runs of a job of the clock did in one day (UTC). */
export type JobDayView = {
  schedule: string
  day: string
  runs: number
  failures: number
  counts: Record<string, number>
  lastAt: Time
}

/** An order as admins see it. */
export type AdminOrder = {
  orderId: Ulid
  status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
  itemsFen: Fen
  discountFen: Fen
  totalFen: Fen
  couponId?: Id
  items: Array<OrderItem>
  address?: DeliveryAddress
  remark?: string
  reason?: string
  createdAt: Time
  expiresAt: Time
  paidAt?: Time
  shipment?: Shipment
  userId: Id
}

/** One SKU of an order, with title and price as they were when it was placed. */
export type OrderItem = {
  skuId: Id
  productId: Id
  title: string
  skuTitle: string
  image?: string
  priceFen: Fen
  quantity: number
}

/** What an order keeps of an address. */
export type DeliveryAddress = {
  name: string
  phone: string
  province: string
  city: string
  district: string
  detail: string
}

/** The parcel, once it is on its way. */
export type Shipment = {
  carrier: string
  trackingNo: string
  shippedAt: Time
}

/** An order as admins see it, with each step and its money. */
export type AdminOrderWithMoney = {
  orderId: Ulid
  status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
  itemsFen: Fen
  discountFen: Fen
  totalFen: Fen
  couponId?: Id
  items: Array<OrderItem>
  address?: DeliveryAddress
  remark?: string
  reason?: string
  createdAt: Time
  expiresAt: Time
  paidAt?: Time
  shipment?: Shipment
  userId: Id
  history: Array<OrderEvent>
  payment?: {
    transactionId: string
    amountFen: Fen
    late: boolean
    paidAt: Time
  }
  refund?: {
    refundNo: string
    cause: 'order' | 'late'
    state: 'asked' | 'granted' | 'processing' | 'succeeded' | 'refused' | 'closed' | 'abnormal'
    amountFen: Fen
    restock: boolean
    reason?: string
  }
}

/** One step of an order: which, by whom, and under which trace. */
export type OrderEvent = {
  step: 'accept' | 'fail' | 'cancel' | 'pay' | 'ship' | 'confirm' | 'askRefund' | 'grantRefund' | 'refuseToPaid' | 'refuseToShipped' | 'refuseToCompleted' | 'refund'
  status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
  reason?: string
  at: Time
  actor: 'user' | 'admin' | 'wechat' | 'system'
  actorId?: Id
  traceId?: string
}

/** An admin's decision. `restock` puts the units back on sale; left out, that is so where the order had not been shipped. */
export type DecideRefund = {
  decision?: 'grant' | 'refuse'
  reason?: string
  restock?: boolean
}

export type AdminOrderDetail = {
  orderId: Ulid
  status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
  itemsFen: Fen
  discountFen: Fen
  totalFen: Fen
  couponId?: Id
  items: Array<OrderItem>
  address?: DeliveryAddress
  remark?: string
  reason?: string
  createdAt: Time
  expiresAt: Time
  paidAt?: Time
  shipment?: Shipment
  userId: Id
  history: Array<OrderEvent>
}

/** `carrier`: WeChat's code of the company (SF, YTO, …), as its shipping upload asks for it, or a name. */
export type Ship = {
  carrier: string
  trackingNo: string
}

/** What a person has to look at; `orderId` may be a refund's number. */
export type IncidentView = {
  id: Id
  kind: string
  orderId: string
  detail: string
  traceId?: string
  createdAt: Time
  closedAt?: Time
  closedBy?: Id
  note?: string
}

export type CloseIncident = {
  note: string
}

/** `stock` and `sales` are those of the moment at which the product was read from the database: hints. */
export type ProductView = {
  id: Id
  title: string
  description: string
  images: Array<string>
  categoryId?: Id
  status: 'published' | 'unpublished'
  sales: number
  skus: Array<SkuView>
}

export type SkuView = {
  id: Id
  title: string
  priceFen: Fen
  stock: number
  limitPerUser?: number
  attributes: Record<string, string>
}

export type NewProduct = {
  title: string
  description?: string
  categoryId?: Id
  images?: Array<string>
  skus: Array<{
    title: string
    priceFen: Fen
    stock: number
    limitPerUser?: number
    attributes?: Record<string, string>
  }>
}

/** Any of the fields. SKUs are changed by id; stock has a route of its own, which asks for a reason. */
export type ProductChange = {
  title?: string
  description?: string
  categoryId?: Id
  images?: Array<string>
  status?: 'published' | 'unpublished'
  skus?: Array<{
    id: Id
    title?: string
    priceFen?: Fen
    limitPerUser?: number | null
    attributes?: Record<string, string>
  }>
}

export type QueueStatus = {
  name: string
  visible: number
  inFlight: number
  delayed: number
  deadLetters: number
  oldestAgeSeconds: number
}

export type DeadLetterPage = {
  items: Array<DeadLetter>
  nextCursor: string | null
  hidden: number
}

/** A dead letter in a list; what the message does not say in the form that it should have is left out. */
export type DeadLetter = {
  id: LetterId
  type?: string
  occurredAt?: Time
  sentAt: Time
  receivedCount: number
  reason: string
  traceId?: string
}

/** SQS's own id of a letter. */
export type LetterId = string

export type Discarded = {
  discarded: number
  left: number
}

/** Which dead letters are thrown away, and why. */
export type Discard = {
  ids?: Array<LetterId>
  all?: true
  reason: string
}

/** `left`: chosen ones that are still to do, because time was up or somebody else has them in hand. */
export type Redriven = {
  moved: number
  left: number
}

/** Which dead letters go back to their queue (without `ids` all that are there), and how fast. */
export type Redrive = {
  ids?: Array<LetterId>
  perSecond?: number
}

/** A dead letter whole, but for what says something about a person. */
export type DeadLetterDetail = {
  id: LetterId
  type?: string
  occurredAt?: Time
  sentAt: Time
  receivedCount: number
  reason: string
  traceId?: string
  body: unknown
}

/** A message that an admin threw away. */
export type DiscardedMessage = {
  id: Id
  letterId: LetterId
  body: unknown
  reason: string
  actorId: Id
  discardedAt: Time
}

/** Always received = sold + held + available. */
export type StockView = {
  skuId: Id
  received: number
  sold: number
  held: number
  available: number
}

/** Units received (more than 0) or corrected away (less than 0), and why. */
export type StockChange = {
  delta: number
  reason: string
}

/** `expiresIn`: seconds for which the access token is good. */
export type Tokens = {
  accessToken: string
  refreshToken: string
  expiresIn: number
  user: UserView
}

export type UserView = {
  id: Id
  nickname: string
  avatarUrl?: string
  email?: string
  phone?: string
  role: 'user' | 'admin'
}

export type Login = {
  code: string
}

export type Refresh = {
  refreshToken: string
}

/** One of a user's devices; `current` is the one that asks. */
export type SessionView = {
  id: string
  device: string
  createdAt: Time
  current: boolean
}

/** `totalFen`: of what is selected and on sale. */
export type CartView = {
  items: Array<CartItem>
  totalFen: Fen
}

/** Title and price are those of today. What is no longer on sale stays in the cart and counts nothing. */
export type CartItem = {
  skuId: Id
  productId: Id
  title: string
  skuTitle: string
  image?: string
  priceFen: Fen
  quantity: number
  selected: boolean
  onSale: boolean
}

/** Left out, `selected` stays as it is; something new is selected. */
export type CartChange = {
  quantity: number
  selected?: boolean
}

/** A tree: each category holds those below it. */
export type Category = {
  id: Id
  name: string
  children: Array<Category>
}

/** A coupon that can be had. `claimed`: how often this user has it; `left` only where that is limited. */
export type CouponOffer = {
  id: Id
  name: string
  kind: 'amount' | 'percent'
  amountFen?: Fen
  percentOff?: number
  maxDiscountFen?: Fen
  thresholdFen: Fen
  validFrom: Time
  validUntil: Time
  perUser: number
  left?: number
  claimed: number
  claimable: boolean
}

/** A coupon that the user has: claimed so many times, of which so many are in orders. */
export type UserCoupon = {
  id: Id
  name: string
  kind: 'amount' | 'percent'
  amountFen?: Fen
  percentOff?: number
  maxDiscountFen?: Fen
  thresholdFen: Fen
  validFrom: Time
  validUntil: Time
  claimed: number
  used: number
  usable: boolean
}

/** `degraded`: serves, though something is away. `down`: should get no traffic. */
export type Health = {
  status: 'ok' | 'degraded' | 'down'
  checks: {
    database: {
      ok: boolean
      latencyMs: number
    }
    redis: {
      ok: boolean
      latencyMs: number
    }
    queue: {
      ok: boolean
      latencyMs: number
    }
    replica?: {
      ok: boolean
      latencyMs: number
      behindMs?: number
    }
  }
}

/** The first screen in one call. */
export type Home = {
  banners: Array<{
    image: string
    productId: Id
  }>
  categories: Array<Category>
  featured: Array<ProductCard>
  flashSales: Array<ProductCard>
}

/** A product as a list shows it. */
export type ProductCard = {
  id: Id
  title: string
  image?: string
  categoryId?: Id
  priceFen: Fen
  sales: number
}

/** An order as its owner sees it; `reason` says why it came into its state, where there is a reason. */
export type OrderView = {
  orderId: Ulid
  status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
  itemsFen: Fen
  discountFen: Fen
  totalFen: Fen
  couponId?: Id
  items: Array<OrderItem>
  address?: DeliveryAddress
  remark?: string
  reason?: string
  createdAt: Time
  expiresAt: Time
  paidAt?: Time
  shipment?: Shipment
}

/** The answer to an accepted order. */
export type OrderReceipt = {
  orderId: Ulid
  status: 'pending'
  totalFen: Fen
  expiresAt: Time
}

export type PlaceOrder = {
  items: Array<{
    skuId: Id
    quantity: number
  }>
  addressId?: Id
  couponId?: Id
  remark?: string
}

/** An order with the steps that it took. */
export type OrderDetail = {
  orderId: Ulid
  status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
  itemsFen: Fen
  discountFen: Fen
  totalFen: Fen
  couponId?: Id
  items: Array<OrderItem>
  address?: DeliveryAddress
  remark?: string
  reason?: string
  createdAt: Time
  expiresAt: Time
  paidAt?: Time
  shipment?: Shipment
  history: Array<{
    step: 'accept' | 'fail' | 'cancel' | 'pay' | 'ship' | 'confirm' | 'askRefund' | 'grantRefund' | 'refuseToPaid' | 'refuseToShipped' | 'refuseToCompleted' | 'refund'
    status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
    reason?: string
    at: Time
  }>
}

/** The arguments of `wx.requestPayment`. */
export type PayParams = {
  timeStamp: string
  nonceStr: string
  package: string
  signType: 'RSA'
  paySign: string
}

/** Why the buyer wants the money back. */
export type AskRefund = {
  reason?: string
}

/** Any of the fields; null takes e-mail or picture away. */
export type UserChange = {
  nickname?: Nickname
  avatarUrl?: AvatarUrl | null
  email?: Email | null
}

/** What others see of a person. In NFC, so that what looks the same is the same. */
export type Nickname = string

/** Where a person's picture is. Others' clients open it, so: https, a host with a name, no password. */
export type AvatarUrl = string

/** Mainland numbers as they are dialled there, others with `+` and country code. */
export type PhoneView = {
  phone: string
}

/** A code of `getPhoneNumber` (not of `wx.login`). */
export type PhoneCode = {
  code: string
}

/** What `ApiError.code` can be. */
export const codes = {
  /** the request is not valid: see details */
  validationFailed: 40001,
  /** sign in first: the access token is missing or not valid */
  notSignedIn: 40101,
  /** the access token has expired: refresh it */
  tokenExpired: 40102,
  /** the session has ended: sign in again */
  sessionEnded: 40103,
  /** WeChat refused the code: get a new one */
  weChatRefusedCode: 40104,
  /** this is not for your role */
  notAllowed: 40301,
  /** not found */
  notFound: 40401,
  /** not enough left in stock */
  outOfStock: 40901,
  /** the order is not in a state for this step */
  wrongState: 40902,
  /** the first request with this Idempotency-Key is still in progress: try again after Retry-After */
  keyInProgress: 40903,
  /** more than one user may buy */
  purchaseLimit: 40904,
  /** delete an address first: one user may have 50 */
  tooManyAddresses: 40905,
  /** the cart is full: take something out first */
  cartFull: 40906,
  /** the coupon can't be used for this order */
  couponUnusable: 40907,
  /** the coupon can't be claimed */
  couponGone: 40908,
  /** orders are not finished yet: see details */
  ordersOpen: 40910,
  /** the body is larger than 256 KiB */
  bodyTooLarge: 41301,
  /** this Idempotency-Key was used with another body */
  keyReused: 42201,
  /** too many requests: slow down */
  rateLimited: 42901,
  /** something went wrong on our side */
  internalError: 50001,
  /** the service is busy: try again in a moment */
  unavailable: 50301,
} as const

type Table = { readonly [route: string]: true | undefined }

/** Routes that need a signed-in user. */
export const signedInRoutes: Table = {
  'GET /api/addresses': true,
  'POST /api/addresses': true,
  'DELETE /api/addresses/{id}': true,
  'PUT /api/addresses/{id}': true,
  'POST /api/admin/campaigns': true,
  'GET /api/admin/campaigns/{id}': true,
  'GET /api/admin/coupons': true,
  'POST /api/admin/coupons': true,
  'PATCH /api/admin/coupons/{id}': true,
  'POST /api/admin/exports': true,
  'GET /api/admin/exports/{id}': true,
  'GET /api/admin/jobs': true,
  'GET /api/admin/orders': true,
  'GET /api/admin/orders/{id}': true,
  'POST /api/admin/orders/{id}/refund': true,
  'POST /api/admin/orders/{id}/ship': true,
  'GET /api/admin/payments/incidents': true,
  'POST /api/admin/payments/incidents/{id}/close': true,
  'POST /api/admin/products': true,
  'PATCH /api/admin/products/{id}': true,
  'GET /api/admin/queues': true,
  'GET /api/admin/queues/{name}/dead-letters': true,
  'POST /api/admin/queues/{name}/dead-letters/discard': true,
  'POST /api/admin/queues/{name}/dead-letters/redrive': true,
  'GET /api/admin/queues/{name}/dead-letters/{id}': true,
  'GET /api/admin/queues/{name}/discarded': true,
  'POST /api/admin/queues/{name}/redrive': true,
  'GET /api/admin/skus/{id}/stock': true,
  'POST /api/admin/skus/{id}/stock': true,
  'POST /api/auth/logout': true,
  'DELETE /api/auth/sessions': true,
  'GET /api/auth/sessions': true,
  'DELETE /api/auth/sessions/{id}': true,
  'GET /api/cart': true,
  'DELETE /api/cart/items/{skuId}': true,
  'PUT /api/cart/items/{skuId}': true,
  'GET /api/coupons': true,
  'POST /api/coupons/{id}/claim': true,
  'GET /api/orders': true,
  'POST /api/orders': true,
  'GET /api/orders/{id}': true,
  'POST /api/orders/{id}/cancel': true,
  'POST /api/orders/{id}/confirm': true,
  'POST /api/orders/{id}/pay': true,
  'POST /api/orders/{id}/refund': true,
  'GET /api/user/coupons': true,
  'DELETE /api/user/info': true,
  'GET /api/user/info': true,
  'PATCH /api/user/info': true,
  'PUT /api/user/info': true,
  'POST /api/user/phone': true,
}

/** Routes that take an Idempotency-Key. */
export const keyedRoutes: Table = {
  'POST /api/addresses': true,
  'DELETE /api/addresses/{id}': true,
  'PUT /api/addresses/{id}': true,
  'POST /api/admin/campaigns': true,
  'POST /api/admin/coupons': true,
  'PATCH /api/admin/coupons/{id}': true,
  'POST /api/admin/exports': true,
  'POST /api/admin/orders/{id}/refund': true,
  'POST /api/admin/orders/{id}/ship': true,
  'POST /api/admin/payments/incidents/{id}/close': true,
  'POST /api/admin/products': true,
  'PATCH /api/admin/products/{id}': true,
  'POST /api/admin/queues/{name}/dead-letters/discard': true,
  'POST /api/admin/queues/{name}/dead-letters/redrive': true,
  'POST /api/admin/queues/{name}/redrive': true,
  'POST /api/admin/skus/{id}/stock': true,
  'DELETE /api/auth/sessions/{id}': true,
  'DELETE /api/cart/items/{skuId}': true,
  'PUT /api/cart/items/{skuId}': true,
  'POST /api/coupons/{id}/claim': true,
  'POST /api/orders': true,
  'POST /api/orders/{id}/cancel': true,
  'POST /api/orders/{id}/confirm': true,
  'POST /api/orders/{id}/pay': true,
  'POST /api/orders/{id}/refund': true,
  'PATCH /api/user/info': true,
  'PUT /api/user/info': true,
  'POST /api/user/phone': true,
}
