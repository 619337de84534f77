// Made from docs/openapi.json by `npm run docs`; do not edit.

/** Every route of the API. */
export interface Routes {
  /** Adds an address; the first becomes the default */
  'POST /api/addresses': {
    input: {
      body: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
        isDefault?: boolean
      }
    }
    data: {
      id: string
      name: string
      phone: string
      province: string
      city: string
      district: string
      detail: string
      isDefault: boolean
    }
  }
  /** The user's addresses, the default first */
  'GET /api/addresses': {
    input: {}
    data: Array<{
      id: string
      name: string
      phone: string
      province: string
      city: string
      district: string
      detail: string
      isDefault: boolean
    }>
  }
  /** Deletes an address; orders keep theirs */
  'DELETE /api/addresses/{id}': {
    input: {
      params: { id: string }
    }
    data: null
  }
  /** Replaces an address */
  'PUT /api/addresses/{id}': {
    input: {
      params: { id: string }
      body: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
        isDefault?: boolean
      }
    }
    data: {
      id: string
      name: string
      phone: string
      province: string
      city: string
      district: string
      detail: string
      isDefault: boolean
    }
  }
  /** Sends a mail to the named addresses, or to all users with an address */
  'POST /api/admin/campaigns': {
    input: {
      body: {
        subject: string
        html: string
        text?: string
        audience: {
          emails?: Array<string>
          all?: true
        }
      }
    }
    data: {
      id: string
    }
  }
  /** How far a campaign is */
  'GET /api/admin/campaigns/{id}': {
    input: {
      params: { id: string }
    }
    data: {
      id: string
      state: 'expanding' | 'sending' | 'done'
      total: number
      sent: number
      failed: number
    }
  }
  /** All coupons, the newest first */
  'GET /api/admin/coupons': {
    input: {
      query?: { limit?: string | number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<{
        id: string
        name: string
        kind: 'amount' | 'percent'
        amountFen?: number
        percentOff?: number
        maxDiscountFen?: number
        thresholdFen: number
        validFrom: string
        validUntil: string
        perUser: number
        total?: number
        claimed: number
        withdrawn: boolean
      }>
      nextCursor: string | null
    }
  }
  /** Makes a coupon */
  'POST /api/admin/coupons': {
    input: {
      body: {
        name: string
        validFrom?: unknown
        validUntil: unknown
        total?: number
        perUser?: number
        kind: 'amount'
        amountFen: number
        thresholdFen: number
      } | {
        name: string
        validFrom?: unknown
        validUntil: unknown
        total?: number
        perUser?: number
        kind: 'percent'
        percentOff: number
        maxDiscountFen?: number
        thresholdFen?: number
      }
    }
    data: {
      id: string
      name: string
      kind: 'amount' | 'percent'
      amountFen?: number
      percentOff?: number
      maxDiscountFen?: number
      thresholdFen: number
      validFrom: string
      validUntil: string
      perUser: number
      total?: number
      claimed: number
      withdrawn: boolean
    }
  }
  /** Changes a coupon, withdraws it or offers it again */
  'PATCH /api/admin/coupons/{id}': {
    input: {
      params: { id: string }
      body: {
        name?: string
        validUntil?: unknown
        total?: number | null
        withdrawn?: boolean
      }
    }
    data: {
      id: string
      name: string
      kind: 'amount' | 'percent'
      amountFen?: number
      percentOff?: number
      maxDiscountFen?: number
      thresholdFen: number
      validFrom: string
      validUntil: string
      perUser: number
      total?: number
      claimed: number
      withdrawn: boolean
    }
  }
  /** Everybody's orders, the newest first; those still pending are not among them */
  'GET /api/admin/orders': {
    input: {
      query?: { status?: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded' | undefined; limit?: string | number | undefined; cursor?: string | undefined; userId?: string | undefined }
    }
    data: {
      items: Array<{
        orderId: string
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        itemsFen: number
        discountFen: number
        totalFen: number
        couponId?: string
        items: Array<{
          skuId: string
          productId: string
          title: string
          skuTitle: string
          image?: string
          priceFen: number
          quantity: number
        }>
        address?: {
          name: string
          phone: string
          province: string
          city: string
          district: string
          detail: string
        }
        remark?: string
        reason?: string
        createdAt: string
        expiresAt: string
        paidAt?: string
        shipment?: {
          carrier: string
          trackingNo: string
          shippedAt: string
        }
        userId: string
      }>
      nextCursor: string | null
    }
  }
  /** One order with each step: by whom, and under which trace */
  'GET /api/admin/orders/{id}': {
    input: {
      params: { id: string }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      userId: string
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
        step: string
        actor: 'user' | 'admin' | 'wechat' | 'system'
        actorId?: string
        traceId?: string
      }>
    }
  }
  /** Grants a refund, asked for or not, or refuses one; granted, WeChat pays it back */
  'POST /api/admin/orders/{id}/refund': {
    input: {
      params: { id: string }
      body: {
        decision?: 'grant' | 'refuse'
        reason?: string
        restock?: boolean
      }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      userId: string
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
        step: string
        actor: 'user' | 'admin' | 'wechat' | 'system'
        actorId?: string
        traceId?: string
      }>
    }
  }
  /** Notes the parcel of a paid order and tells the buyer */
  'POST /api/admin/orders/{id}/ship': {
    input: {
      params: { id: string }
      body: {
        carrier: string
        trackingNo: string
      }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      userId: string
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
        step: string
        actor: 'user' | 'admin' | 'wechat' | 'system'
        actorId?: string
        traceId?: string
      }>
    }
  }
  /** What a person has to look at: late money, amounts that differ, bills that disagree */
  'GET /api/admin/payments/incidents': {
    input: {
      query?: { limit?: string | number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<{
        id: string
        kind: string
        orderId: string
        detail: string
        traceId?: string
        createdAt: string
      }>
      nextCursor: string | null
    }
  }
  /** Adds a product and publishes it */
  'POST /api/admin/products': {
    input: {
      body: {
        title: string
        description?: string
        categoryId: string
        images?: Array<string>
        skus: Array<{
          title: string
          priceFen: number
          stock: number
          limitPerUser?: number
          attributes?: Record<string, string>
        }>
      }
    }
    data: {
      id: string
      title: string
      description: string
      images: Array<string>
      categoryId: string
      status: 'published' | 'unpublished'
      sales: number
      skus: Array<{
        id: string
        title: string
        priceFen: number
        stock: number
        limitPerUser?: number
        attributes: Record<string, string>
      }>
    }
  }
  /** Changes, publishes or unpublishes a product */
  'PATCH /api/admin/products/{id}': {
    input: {
      params: { id: string }
      body: {
        title?: string
        description?: string
        categoryId?: string
        images?: Array<string>
        status?: 'published' | 'unpublished'
        skus?: Array<{
          id: string
          title?: string
          priceFen?: number
          limitPerUser?: number | null
          attributes?: Record<string, string>
        }>
      }
    }
    data: {
      id: string
      title: string
      description: string
      images: Array<string>
      categoryId: string
      status: 'published' | 'unpublished'
      sales: number
      skus: Array<{
        id: string
        title: string
        priceFen: number
        stock: number
        limitPerUser?: number
        attributes: Record<string, string>
      }>
    }
  }
  /** How full each queue is; SQS counts approximately */
  'GET /api/admin/queues': {
    input: {}
    data: Array<{
      name: string
      visible: number
      inFlight: number
      delayed: number
      deadLetters: number
      oldestAgeSeconds: number
    }>
  }
  /** Moves dead letters back to their queue */
  'POST /api/admin/queues/{name}/redrive': {
    input: {
      params: { name: string }
    }
    data: {
      moved: number
    }
  }
  /** Books units of a SKU received, or corrects them */
  'POST /api/admin/skus/{id}/stock': {
    input: {
      params: { id: string }
      body: {
        delta: number
        reason: string
      }
    }
    data: {
      skuId: string
      received: number
      sold: number
      held: number
      available: number
    }
  }
  /** Where every unit of a SKU is: received = sold + held + available */
  'GET /api/admin/skus/{id}/stock': {
    input: {
      params: { id: string }
    }
    data: {
      skuId: string
      received: number
      sold: number
      held: number
      available: number
    }
  }
  /** Signs in with a code of wx.login */
  'POST /api/auth/login': {
    input: {
      body: {
        code: string
      }
    }
    data: {
      accessToken: string
      refreshToken: string
      expiresIn: number
      user: {
        id: string
        nickname: string
        avatarUrl?: string
        email?: string
        phone?: string
        role: 'user' | 'admin'
      }
    }
  }
  /** Ends the session; its tokens stop working within 5 seconds */
  'POST /api/auth/logout': {
    input: {}
    data: null
  }
  /** New tokens for a refresh token, which is used up; its reuse ends the session */
  'POST /api/auth/refresh': {
    input: {
      body: {
        refreshToken: string
      }
    }
    data: {
      accessToken: string
      refreshToken: string
      expiresIn: number
      user: {
        id: string
        nickname: string
        avatarUrl?: string
        email?: string
        phone?: string
        role: 'user' | 'admin'
      }
    }
  }
  /** Signs all of the user's devices out, this one too, within 5 seconds */
  'DELETE /api/auth/sessions': {
    input: {}
    data: null
  }
  /** The devices on which the user is signed in */
  'GET /api/auth/sessions': {
    input: {}
    data: Array<{
      id: string
      device: string
      createdAt: string
      current: boolean
    }>
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
    data: {
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
        selected: boolean
        onSale: boolean
      }>
      totalFen: number
    }
  }
  /** Puts a SKU into the cart, or changes its line */
  'PUT /api/cart/items/{skuId}': {
    input: {
      params: { skuId: string }
      body: {
        quantity: number
        selected?: boolean
      }
    }
    data: {
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
        selected: boolean
        onSale: boolean
      }>
      totalFen: number
    }
  }
  /** Takes a SKU out of the cart */
  'DELETE /api/cart/items/{skuId}': {
    input: {
      params: { skuId: string }
    }
    data: {
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
        selected: boolean
        onSale: boolean
      }>
      totalFen: number
    }
  }
  /** The tree of categories */
  'GET /api/categories': {
    input: {}
    data: Array<Schema0>
  }
  /** Coupons that can be had, the newest first */
  'GET /api/coupons': {
    input: {
      query?: { limit?: string | number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<{
        id: string
        name: string
        kind: 'amount' | 'percent'
        amountFen?: number
        percentOff?: number
        maxDiscountFen?: number
        thresholdFen: number
        validFrom: string
        validUntil: string
        perUser: number
        left?: number
        claimed: number
        claimable: boolean
      }>
      nextCursor: string | null
    }
  }
  /** Claims a coupon; "limit reached" means that the user has it already */
  'POST /api/coupons/{id}/claim': {
    input: {
      params: { id: string }
    }
    data: {
      id: string
      name: string
      kind: 'amount' | 'percent'
      amountFen?: number
      percentOff?: number
      maxDiscountFen?: number
      thresholdFen: number
      validFrom: string
      validUntil: string
      claimed: number
      used: number
      usable: boolean
    }
  }
  /** Whether the parts that requests need answer; 503 where it should get no traffic */
  'GET /api/health': {
    input: {}
    data: {
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
      }
    }
  }
  /** The first screen in one call */
  'GET /api/home': {
    input: {}
    data: {
      banners: Array<{
        image: string
        productId: string
      }>
      categories: Array<Schema0>
      featured: Array<{
        id: string
        title: string
        image?: string
        categoryId: string
        priceFen: number
        sales: number
      }>
      flashSales: Array<{
        id: string
        title: string
        image?: string
        categoryId: string
        priceFen: number
        sales: number
      }>
    }
  }
  /** Places an order; the stock is held and the answer is out before it is persisted */
  'POST /api/orders': {
    input: {
      body: {
        items: Array<{
          skuId: string
          quantity: number
        }>
        addressId?: string
        couponId?: string
        remark?: string
      }
    }
    data: {
      orderId: string
      status: 'pending'
      totalFen: number
      expiresAt: string
    }
  }
  /** The user's orders, the newest first */
  'GET /api/orders': {
    input: {
      query?: { status?: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded' | undefined; limit?: string | number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<{
        orderId: string
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        itemsFen: number
        discountFen: number
        totalFen: number
        couponId?: string
        items: Array<{
          skuId: string
          productId: string
          title: string
          skuTitle: string
          image?: string
          priceFen: number
          quantity: number
        }>
        address?: {
          name: string
          phone: string
          province: string
          city: string
          district: string
          detail: string
        }
        remark?: string
        reason?: string
        createdAt: string
        expiresAt: string
        paidAt?: string
        shipment?: {
          carrier: string
          trackingNo: string
          shippedAt: string
        }
      }>
      nextCursor: string | null
    }
  }
  /** One order of the user */
  'GET /api/orders/{id}': {
    input: {
      params: { id: string }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
      }>
    }
  }
  /** Cancels an order that is not paid */
  'POST /api/orders/{id}/cancel': {
    input: {
      params: { id: string }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
      }>
    }
  }
  /** Confirms that the parcel has arrived */
  'POST /api/orders/{id}/confirm': {
    input: {
      params: { id: string }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
      }>
    }
  }
  /** Begins a payment: the arguments of wx.requestPayment */
  'POST /api/orders/{id}/pay': {
    input: {
      params: { id: string }
    }
    data: {
      timeStamp: string
      nonceStr: string
      package: string
      signType: 'RSA'
      paySign: string
    }
  }
  /** Asks for the money back; an admin decides */
  'POST /api/orders/{id}/refund': {
    input: {
      params: { id: string }
      body: {
        reason?: string
      }
    }
    data: {
      orderId: string
      status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
      itemsFen: number
      discountFen: number
      totalFen: number
      couponId?: string
      items: Array<{
        skuId: string
        productId: string
        title: string
        skuTitle: string
        image?: string
        priceFen: number
        quantity: number
      }>
      address?: {
        name: string
        phone: string
        province: string
        city: string
        district: string
        detail: string
      }
      remark?: string
      reason?: string
      createdAt: string
      expiresAt: string
      paidAt?: string
      shipment?: {
        carrier: string
        trackingNo: string
        shippedAt: string
      }
      history: Array<{
        status: 'pending' | 'unpaid' | 'paid' | 'shipped' | 'completed' | 'cancelled' | 'failed' | 'refunding' | 'refunded'
        reason?: string
        at: string
      }>
    }
  }
  /** Published products */
  'GET /api/products': {
    input: {
      query?: { category?: string | undefined; q?: string | undefined; sort?: 'newest' | 'sales' | 'price_asc' | 'price_desc' | undefined; limit?: string | number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<{
        id: string
        title: string
        image?: string
        categoryId: string
        priceFen: number
        sales: number
      }>
      nextCursor: string | null
    }
  }
  /** One published product */
  'GET /api/products/{id}': {
    input: {
      params: { id: string }
    }
    data: {
      id: string
      title: string
      description: string
      images: Array<string>
      categoryId: string
      status: 'published' | 'unpublished'
      sales: number
      skus: Array<{
        id: string
        title: string
        priceFen: number
        stock: number
        limitPerUser?: number
        attributes: Record<string, string>
      }>
    }
  }
  /** The coupons that the user has claimed, the newest first */
  'GET /api/user/coupons': {
    input: {
      query?: { state?: 'usable' | 'used' | 'expired' | undefined; limit?: string | number | undefined; cursor?: string | undefined }
    }
    data: {
      items: Array<{
        id: string
        name: string
        kind: 'amount' | 'percent'
        amountFen?: number
        percentOff?: number
        maxDiscountFen?: number
        thresholdFen: number
        validFrom: string
        validUntil: string
        claimed: number
        used: number
        usable: boolean
      }>
      nextCursor: string | null
    }
  }
  /** Changes the signed-in user */
  'PATCH /api/user/info': {
    input: {
      body: {
        nickname?: string
        avatarUrl?: string | null
        email?: string | null
      }
    }
    data: {
      id: string
      nickname: string
      avatarUrl?: string
      email?: string
      phone?: string
      role: 'user' | 'admin'
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
    data: {
      id: string
      nickname: string
      avatarUrl?: string
      email?: string
      phone?: string
      role: 'user' | 'admin'
    }
  }
  /** Takes over the user's phone number from WeChat */
  'POST /api/user/phone': {
    input: {
      body: {
        code: string
      }
    }
    data: {
      phone: string
    }
  }
}

export type Schema0 = {
  id: string
  name: string
  children: Array<Schema0>
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
  /** WeChat refused the code: call wx.login again */
  weChatRefusedCode: 40104,
  /** this is not for your role */
  notAllowed: 40301,
  /** not found */
  notFound: 40401,
  /** not enough left in stock */
  outOfStock: 40901,
  /** the order is not in a state for this step */
  wrongState: 40902,
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
  'POST /api/addresses': true,
  'GET /api/addresses': true,
  'DELETE /api/addresses/{id}': true,
  'PUT /api/addresses/{id}': true,
  'POST /api/admin/campaigns': true,
  'GET /api/admin/campaigns/{id}': true,
  'GET /api/admin/coupons': true,
  'POST /api/admin/coupons': true,
  'PATCH /api/admin/coupons/{id}': true,
  'GET /api/admin/orders': true,
  'GET /api/admin/orders/{id}': true,
  'POST /api/admin/orders/{id}/refund': true,
  'POST /api/admin/orders/{id}/ship': true,
  'GET /api/admin/payments/incidents': true,
  'POST /api/admin/products': true,
  'PATCH /api/admin/products/{id}': true,
  'GET /api/admin/queues': true,
  'POST /api/admin/queues/{name}/redrive': true,
  'POST /api/admin/skus/{id}/stock': true,
  'GET /api/admin/skus/{id}/stock': true,
  'POST /api/auth/logout': true,
  'DELETE /api/auth/sessions': true,
  'GET /api/auth/sessions': true,
  'DELETE /api/auth/sessions/{id}': true,
  'GET /api/cart': true,
  'PUT /api/cart/items/{skuId}': true,
  'DELETE /api/cart/items/{skuId}': true,
  'GET /api/coupons': true,
  'POST /api/coupons/{id}/claim': true,
  'POST /api/orders': true,
  'GET /api/orders': true,
  'GET /api/orders/{id}': true,
  'POST /api/orders/{id}/cancel': true,
  'POST /api/orders/{id}/confirm': true,
  'POST /api/orders/{id}/pay': true,
  'POST /api/orders/{id}/refund': true,
  'GET /api/user/coupons': true,
  'PATCH /api/user/info': true,
  'DELETE /api/user/info': true,
  'GET /api/user/info': true,
  'POST /api/user/phone': true,
}

/** Routes that take an Idempotency-Key. */
export const keyedRoutes: Table = {
  'POST /api/orders': true,
}
