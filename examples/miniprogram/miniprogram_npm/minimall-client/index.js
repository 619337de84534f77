// Made from client/src by `npm run docs`; do not edit.
"use strict";
var __defProp = Object.defineProperty;
var __defProps = Object.defineProperties;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropDescs = Object.getOwnPropertyDescriptors;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getOwnPropSymbols = Object.getOwnPropertySymbols;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __propIsEnum = Object.prototype.propertyIsEnumerable;
var __defNormalProp = (obj, key, value) => key in obj ? __defProp(obj, key, { enumerable: true, configurable: true, writable: true, value }) : obj[key] = value;
var __spreadValues = (a, b) => {
  for (var prop in b || (b = {}))
    if (__hasOwnProp.call(b, prop))
      __defNormalProp(a, prop, b[prop]);
  if (__getOwnPropSymbols)
    for (var prop of __getOwnPropSymbols(b)) {
      if (__propIsEnum.call(b, prop))
        __defNormalProp(a, prop, b[prop]);
    }
  return a;
};
var __spreadProps = (a, b) => __defProps(a, __getOwnPropDescs(b));
var __objRest = (source, exclude) => {
  var target = {};
  for (var prop in source)
    if (__hasOwnProp.call(source, prop) && exclude.indexOf(prop) < 0)
      target[prop] = source[prop];
  if (source != null && __getOwnPropSymbols)
    for (var prop of __getOwnPropSymbols(source)) {
      if (exclude.indexOf(prop) < 0 && __propIsEnum.call(source, prop))
        target[prop] = source[prop];
    }
  return target;
};
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// client/src/index.ts
var index_exports = {};
__export(index_exports, {
  ApiError: () => ApiError,
  NetworkError: () => NetworkError,
  PaymentCancelled: () => PaymentCancelled,
  codes: () => codes,
  createClient: () => createClient,
  fetchTransport: () => fetchTransport,
  payOrder: () => payOrder,
  wxPaymentSheet: () => wxPaymentSheet,
  wxSignIn: () => wxSignIn,
  wxTokens: () => wxTokens,
  wxTransport: () => wxTransport
});
module.exports = __toCommonJS(index_exports);

// new:./api.generated.ts
var codes = {
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
  unavailable: 50301
};
var signedInRoutes = {
  "GET /api/addresses": true,
  "POST /api/addresses": true,
  "DELETE /api/addresses/{id}": true,
  "PUT /api/addresses/{id}": true,
  "POST /api/admin/campaigns": true,
  "GET /api/admin/campaigns/{id}": true,
  "GET /api/admin/coupons": true,
  "POST /api/admin/coupons": true,
  "PATCH /api/admin/coupons/{id}": true,
  "POST /api/admin/exports": true,
  "GET /api/admin/exports/{id}": true,
  "GET /api/admin/jobs": true,
  "GET /api/admin/orders": true,
  "GET /api/admin/orders/{id}": true,
  "POST /api/admin/orders/{id}/refund": true,
  "POST /api/admin/orders/{id}/ship": true,
  "GET /api/admin/payments/incidents": true,
  "POST /api/admin/payments/incidents/{id}/close": true,
  "POST /api/admin/products": true,
  "PATCH /api/admin/products/{id}": true,
  "GET /api/admin/queues": true,
  "GET /api/admin/queues/{name}/dead-letters": true,
  "POST /api/admin/queues/{name}/dead-letters/discard": true,
  "POST /api/admin/queues/{name}/dead-letters/redrive": true,
  "GET /api/admin/queues/{name}/dead-letters/{id}": true,
  "GET /api/admin/queues/{name}/discarded": true,
  "POST /api/admin/queues/{name}/redrive": true,
  "GET /api/admin/skus/{id}/stock": true,
  "POST /api/admin/skus/{id}/stock": true,
  "POST /api/auth/logout": true,
  "DELETE /api/auth/sessions": true,
  "GET /api/auth/sessions": true,
  "DELETE /api/auth/sessions/{id}": true,
  "GET /api/cart": true,
  "DELETE /api/cart/items/{skuId}": true,
  "PUT /api/cart/items/{skuId}": true,
  "GET /api/coupons": true,
  "POST /api/coupons/{id}/claim": true,
  "GET /api/orders": true,
  "POST /api/orders": true,
  "GET /api/orders/{id}": true,
  "POST /api/orders/{id}/cancel": true,
  "POST /api/orders/{id}/confirm": true,
  "POST /api/orders/{id}/pay": true,
  "POST /api/orders/{id}/refund": true,
  "GET /api/user/coupons": true,
  "DELETE /api/user/info": true,
  "GET /api/user/info": true,
  "PATCH /api/user/info": true,
  "PUT /api/user/info": true,
  "POST /api/user/phone": true
};
var keyedRoutes = {
  "POST /api/addresses": true,
  "DELETE /api/addresses/{id}": true,
  "PUT /api/addresses/{id}": true,
  "POST /api/admin/campaigns": true,
  "POST /api/admin/coupons": true,
  "PATCH /api/admin/coupons/{id}": true,
  "POST /api/admin/exports": true,
  "POST /api/admin/orders/{id}/refund": true,
  "POST /api/admin/orders/{id}/ship": true,
  "POST /api/admin/payments/incidents/{id}/close": true,
  "POST /api/admin/products": true,
  "PATCH /api/admin/products/{id}": true,
  "POST /api/admin/queues/{name}/dead-letters/discard": true,
  "POST /api/admin/queues/{name}/dead-letters/redrive": true,
  "POST /api/admin/queues/{name}/redrive": true,
  "POST /api/admin/skus/{id}/stock": true,
  "DELETE /api/auth/sessions/{id}": true,
  "DELETE /api/cart/items/{skuId}": true,
  "PUT /api/cart/items/{skuId}": true,
  "POST /api/coupons/{id}/claim": true,
  "POST /api/orders": true,
  "POST /api/orders/{id}/cancel": true,
  "POST /api/orders/{id}/confirm": true,
  "POST /api/orders/{id}/pay": true,
  "POST /api/orders/{id}/refund": true,
  "PATCH /api/user/info": true,
  "PUT /api/user/info": true,
  "POST /api/user/phone": true
};

// client/src/clock.ts
var systemClock = {
  now: () => Date.now(),
  sleep: (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
  random: () => Math.random()
};
function newId({ now, random }) {
  let id = now().toString(36);
  for (let i = 0; i < 20; i++) id += Math.floor(random() * 36).toString(36);
  return id;
}

// client/src/backoff.ts
var BASE_MILLIS = 300;
var CAP_MILLIS = 8e3;
function backoff(attempt, retryAfterMillis, random) {
  return retryAfterMillis + random * Math.min(CAP_MILLIS, BASE_MILLIS * 2 ** (attempt - 1));
}
function retryAfter(header, now) {
  if (header === void 0) return void 0;
  if (/^\d+$/.test(header)) return Number(header) * 1e3;
  const date = Date.parse(header);
  return Number.isNaN(date) ? void 0 : Math.max(0, date - now);
}

// client/src/errors.ts
var ApiError = class extends Error {
  constructor(answer) {
    super(answer.message);
    this.name = "ApiError";
    this.code = answer.code;
    this.status = Math.floor(answer.code / 100);
    this.traceId = answer.traceId;
    this.details = answer.details;
    this.retryAfterMillis = answer.retryAfterMillis;
  }
};
var NetworkError = class extends Error {
  constructor(reason, traceId) {
    super(reason);
    this.name = "NetworkError";
    this.traceId = traceId;
  }
};

// client/src/hosts.ts
var REST_MILLIS = 5e3;
var MAX_REST_MILLIS = 6e4;
function createHosts(urls, { now, random }) {
  const hosts = urls.map((url) => ({
    url: url.replace(/\/+$/, ""),
    failures: 0,
    failedAt: 0,
    restsUntil: 0
  }));
  if (hosts.length === 0) throw new TypeError("baseUrls: name at least one");
  const isWell = ({ failures }) => failures === 0;
  const isResting = ({ restsUntil }) => restsUntil > now();
  function rest(host, atLeast = 0) {
    const most = Math.min(MAX_REST_MILLIS, REST_MILLIS * 2 ** host.failures);
    const millis = most * (0.5 + random() / 2);
    host.failures++;
    host.restsUntil = now() + Math.max(millis, atLeast);
  }
  return {
    /** Where the next call goes; where none is well, to the one that failed the longest time ago. */
    pick() {
      var _a;
      const earlier = (a, b) => b.failedAt < a.failedAt ? b : a;
      return (_a = hosts.find(isWell)) != null ? _a : hosts.reduce(earlier);
    },
    /** Whether another one is well. */
    isAnother: (host) => hosts.some((other) => other !== host && isWell(other)),
    /**
     * One that would be preferred to what is used now, and has rested: whoever gets it is to ask for its
     * health, and to say so where it `worked`. Nobody else gets it meanwhile.
     */
    due() {
      const better = hosts.slice(0, Math.max(0, hosts.findIndex(isWell)));
      const host = better.find((candidate) => !isResting(candidate));
      if (host !== void 0) rest(host);
      return host;
    },
    worked(host) {
      host.failures = 0;
      host.restsUntil = 0;
    },
    /** @param asked how long the host itself asked to be left alone, in milliseconds */
    failed(host, asked) {
      host.failedAt = now();
      if (!isResting(host)) rest(host, asked);
    }
  };
}

// client/src/send.ts
var HEALTH = "/api/health";
var TOO_MANY = 429;
var DOWN = [502, 503, 504];
function createSender(_a) {
  var _b = _a, { baseUrls, transport, clock, tries } = _b, limits = __objRest(_b, ["baseUrls", "transport", "clock", "tries"]);
  const hosts = createHosts(baseUrls, clock);
  return async function send(call) {
    var _a2;
    const end = clock.now() + limits.deadlineMillis;
    for (let attempt = 1; ; ) {
      void askAgain(call.traceId);
      const host = hosts.pick();
      const mayRepeat = call.repeatable && attempt < tries;
      const millis = Math.min(
        (_a2 = call.timeoutMillis) != null ? _a2 : limits.timeoutMillis,
        mayRepeat && hosts.isAnother(host) ? limits.failoverMillis : Number.POSITIVE_INFINITY,
        end - clock.now()
      );
      const answer = await attemptAt(host.url, call, millis);
      if ("data" in answer) {
        hosts.worked(host);
        return answer.data;
      }
      const { error, again, hostFailed, untouched = false, underWay = false } = answer;
      const asked = error instanceof ApiError ? error.retryAfterMillis : void 0;
      if (hostFailed) hosts.failed(host, asked);
      else hosts.worked(host);
      const mayGoOn = mayRepeat || underWay || untouched && attempt < tries;
      if (!again || !mayGoOn) throw error;
      const goesOn = hostFailed && hosts.isAnother(host);
      const wait = goesOn ? 0 : backoff(attempt, asked != null ? asked : 0, clock.random());
      if (clock.now() + wait >= end) throw error;
      if (wait > 0) await clock.sleep(wait);
      if (!underWay) attempt++;
    }
  };
  async function askAgain(traceId) {
    const host = hosts.due();
    if (host === void 0) return;
    const health = { method: "GET", path: HEALTH, headers: { "X-Trace-ID": traceId }, traceId };
    const answer = await attemptAt(host.url, health, limits.failoverMillis);
    if ("data" in answer) hosts.worked(host);
  }
  async function attemptAt(baseUrl, _a2, timeoutMillis) {
    var _b2 = _a2, { method, path, traceId, body } = _b2, call = __objRest(_b2, ["method", "path", "traceId", "body"]);
    const url = baseUrl + path;
    const json = __spreadProps(__spreadValues({}, call.headers), { "Content-Type": "application/json" });
    const request = body === void 0 ? { method, url, headers: call.headers, timeoutMillis } : { method, url, headers: json, timeoutMillis, body: await body() };
    return transport(request).then(
      (response) => outcomeOf(response, traceId, clock.now()),
      (reason) => unreachable(reason instanceof Error ? reason.message : String(reason), traceId)
    );
  }
}
function unreachable(reason, traceId) {
  return { error: new NetworkError(reason, traceId), again: true, hostFailed: true };
}
function outcomeOf({ status, headers, body }, sentTraceId, now) {
  var _a, _b, _c;
  const envelope = typeof body === "object" && body !== null ? body : {};
  const isOurs = typeof envelope.code === "number" && "data" in envelope;
  if (isOurs && envelope.code === 0 && status < 300) return { data: envelope.data };
  const traceId = (_b = (_a = envelope.traceId) != null ? _a : headers["x-trace-id"]) != null ? _b : sentTraceId;
  if (status < 400) return unreachable(`HTTP ${status}, and not from the shop`, traceId);
  const error = new ApiError({
    code: isOurs && envelope.code ? envelope.code : status * 100,
    message: (_c = envelope.message) != null ? _c : `HTTP ${status}`,
    traceId,
    details: envelope.details,
    retryAfterMillis: retryAfter(headers["retry-after"], now)
  });
  const hostFailed = DOWN.includes(status);
  const untouched = error.code === codes.rateLimited;
  const underWay = error.code === codes.keyInProgress;
  const again = hostFailed || underWay || status === TOO_MANY;
  return { error, again, hostFailed, untouched, underWay };
}

// client/src/session.ts
var RENEWALS = 2;
function createSession({ store, refresh, signIn }) {
  let tokens = store.read();
  let signedOut = false;
  let epoch = 0;
  let renewing;
  let signingIn;
  function keep(next) {
    tokens = next && { accessToken: next.accessToken, refreshToken: next.refreshToken };
    store.write(tokens);
  }
  function login() {
    if (signIn === void 0) return Promise.reject(new TypeError("signIn is not configured"));
    const started = signIn;
    signedOut = false;
    signingIn != null ? signingIn : signingIn = (async () => {
      const before = epoch;
      try {
        const grant = await started();
        if (epoch === before) keep(grant);
        return grant.user;
      } finally {
        signingIn = void 0;
      }
    })();
    return signingIn;
  }
  async function renew(stale, why) {
    const before = epoch;
    let reason = why;
    if (why.code !== codes.sessionEnded) {
      try {
        const grant = await refresh(stale.refreshToken);
        if (epoch === before) keep(grant);
        return tokens;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        reason = error;
      }
    }
    if (epoch === before) keep(void 0);
    if (signIn === void 0 || signedOut) throw reason;
    await login();
    return tokens;
  }
  async function renewed(stale, why) {
    if (renewing === void 0 && (tokens == null ? void 0 : tokens.accessToken) !== stale.accessToken) return tokens;
    renewing != null ? renewing : renewing = (async () => {
      try {
        return await renew(stale, why);
      } finally {
        renewing = void 0;
      }
    })();
    return renewing;
  }
  return {
    /** Signs in anew. Several at once are one. @returns the user */
    login,
    isSignedIn: () => tokens !== void 0,
    /** Makes a call with the access token; renews it, and makes the call again, where it is refused. */
    async authorised(call) {
      if (tokens === void 0 && signIn !== void 0 && !signedOut) await login();
      for (let renewals = 0; ; renewals++) {
        const used = tokens;
        try {
          return await call(used == null ? void 0 : used.accessToken);
        } catch (error) {
          const refused = error instanceof ApiError && error.status === 401;
          if (!refused || renewals >= RENEWALS || used === void 0) throw error;
          if (await renewed(used, error) === void 0) throw error;
        }
      }
    },
    /** Forgets the tokens, and does not sign in again by itself. @param end tells the shop */
    async logout(end) {
      signedOut = true;
      try {
        if (tokens !== void 0) await end();
      } catch (e) {
      }
      epoch++;
      keep(void 0);
    }
  };
}

// client/src/client.ts
var LOGIN = "POST /api/auth/login";
var REFRESH = "POST /api/auth/refresh";
function createClient(options) {
  const { clock = systemClock, tokens = inMemory(), signIn } = options;
  const { tries = 4, timeoutMillis = 1e4, failoverMillis = 4e3 } = options;
  const { baseUrls, transport, deadlineMillis = 3e4 } = options;
  const limits = { tries, timeoutMillis, failoverMillis, deadlineMillis };
  const send = createSender(__spreadValues({ baseUrls, transport, clock }, limits));
  const session = createSession({
    store: tokens,
    // Asked again within the shop's grace it gives the same answer: this POST may be repeated.
    refresh: (refreshToken) => grant(callOf(REFRESH, { body: { refreshToken } }, clock)),
    // A code is good once, so each try brings its own: so may this one.
    signIn: signIn && (() => grant(__spreadProps(__spreadValues({}, callOf(LOGIN, {}, clock)), { body: () => loginBody(signIn) })))
  });
  function grant(call) {
    return send(__spreadProps(__spreadValues({}, call), { repeatable: true }));
  }
  function request(route, ...[input]) {
    const call = callOf(route, input != null ? input : {}, clock);
    if (!signedInRoutes[route]) return send(call);
    return session.authorised(
      (token) => send(token === void 0 ? call : withToken(call, token))
    );
  }
  return {
    request,
    /** Signs in with a code of wx.login. @returns the user */
    login: session.login,
    /** Ends the session. From here on only `login` signs in. */
    logout: () => session.logout(() => request("POST /api/auth/logout")),
    isSignedIn: session.isSignedIn,
    /** An idempotency key, for a call that may have to be made again later. */
    newKey: () => newId(clock),
    clock
  };
}
async function loginBody(signIn) {
  return JSON.stringify({ code: await signIn() });
}
function callOf(route, input, clock) {
  var _a, _b;
  const [method = "", template = ""] = route.split(" ");
  const traceId = (_a = input.traceId) != null ? _a : newId(clock);
  const headers = { "X-Trace-ID": traceId };
  const keyed = keyedRoutes[route] === true;
  if (keyed) headers["Idempotency-Key"] = (_b = input.idempotencyKey) != null ? _b : newId(clock);
  const call = {
    method,
    path: pathOf(template, input),
    headers,
    traceId,
    repeatable: keyed || method === "GET" || method === "PUT" || method === "DELETE",
    timeoutMillis: input.timeoutMillis
  };
  if (input.body === void 0) return call;
  const body = JSON.stringify(input.body);
  return __spreadProps(__spreadValues({}, call), { body: () => body });
}
function pathOf(template, { params = {}, query = {} }) {
  const path = template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = params[name];
    if (value === void 0 || value === "") throw new TypeError(`${template} needs a ${name}`);
    return encodeURIComponent(value);
  });
  const pairs = Object.entries(query).filter(([, value]) => value !== void 0);
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value != null ? value : "")}`).join("&");
  return text === "" ? path : `${path}?${text}`;
}
function withToken(call, token) {
  return __spreadProps(__spreadValues({}, call), { headers: __spreadProps(__spreadValues({}, call.headers), { Authorization: `Bearer ${token}` }) });
}
function inMemory() {
  return { read: () => void 0, write: () => {
  } };
}

// client/src/fetch.ts
function fetchTransport(fetch) {
  return (_a) => {
    var _b = _a, { url, timeoutMillis } = _b, init = __objRest(_b, ["url", "timeoutMillis"]);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${timeoutMillis} ms`));
      const timer = setTimeout(late, timeoutMillis);
      const answer = async () => {
        const response = await fetch(url, init);
        const headers = {};
        response.headers.forEach((value, name) => {
          headers[name.toLowerCase()] = value;
        });
        return { status: response.status, headers, body: parsed(await response.text()) };
      };
      answer().then(resolve, reject).then(() => clearTimeout(timer));
    });
  };
}
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (e) {
    return text;
  }
}

// client/src/pay.ts
var PaymentCancelled = class extends Error {
  constructor() {
    super(...arguments);
    this.name = "PaymentCancelled";
  }
};
var POLL_MILLIS = [200, 400, 800, 1500];
async function payOrder(shop, orderId, sheet, waitMillis = 15e3) {
  const params = { id: orderId };
  const order = await shop.request("GET /api/orders/{id}", { params });
  if (order.status !== "pending" && order.status !== "unpaid") return order;
  let payment;
  try {
    payment = await shop.request("POST /api/orders/{id}/pay", { params });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== codes.wrongState) throw error;
    return shop.request("GET /api/orders/{id}", { params });
  }
  await sheet(payment, orderId);
  return readWhile(shop, orderId, "unpaid", waitMillis);
}
async function readWhile({ request, clock }, id, status, waitMillis) {
  var _a;
  const end = clock.now() + waitMillis;
  for (let turn = 0; ; turn++) {
    const order = await request("GET /api/orders/{id}", { params: { id } });
    if (order.status !== status || clock.now() >= end) return order;
    await clock.sleep((_a = POLL_MILLIS[Math.min(turn, POLL_MILLIS.length - 1)]) != null ? _a : 0);
  }
}
function wxPaymentSheet(wx) {
  return (payment) => new Promise((resolve, reject) => {
    wx.requestPayment(__spreadProps(__spreadValues({}, payment), {
      success: () => resolve(),
      fail: ({ errMsg }) => reject(/cancel/.test(errMsg) ? new PaymentCancelled(errMsg) : new Error(errMsg))
    }));
  });
}

// client/src/wx.ts
function wxTransport(wx) {
  return (_a) => {
    var _b = _a, { url, headers, body, timeoutMillis } = _b, request = __objRest(_b, ["url", "headers", "body", "timeoutMillis"]);
    const method = known(request.method);
    return new Promise((resolve, reject) => {
      wx.request(__spreadProps(__spreadValues({
        url,
        method,
        header: headers
      }, body === void 0 ? {} : { data: body }), {
        timeout: Math.max(1, Math.round(timeoutMillis)),
        dataType: "json",
        success: ({ statusCode, header, data }) => resolve({ status: statusCode, headers: lowerCased(header), body: data }),
        fail: ({ errMsg }) => reject(new Error(errMsg))
      }));
    });
  };
}
function known(method) {
  if (method === "GET" || method === "POST" || method === "PUT" || method === "DELETE")
    return method;
  throw new TypeError(`wx.request cannot send ${method}`);
}
function lowerCased(header) {
  const headers = {};
  for (const [name, value] of Object.entries(header != null ? header : {}))
    headers[name.toLowerCase()] = String(value);
  return headers;
}
function wxSignIn(wx) {
  return () => new Promise((resolve, reject) => {
    wx.login({
      success: ({ code }) => resolve(code),
      fail: ({ errMsg }) => reject(new NetworkError(errMsg, ""))
    });
  });
}
function wxTokens(wx, key = "minimall.tokens") {
  return {
    read: () => {
      const kept = wx.getStorageSync(key);
      if (!kept || typeof kept.accessToken !== "string") return void 0;
      return typeof kept.refreshToken === "string" ? kept : void 0;
    },
    write: (tokens) => {
      try {
        if (tokens === void 0) wx.removeStorageSync(key);
        else wx.setStorageSync(key, tokens);
      } catch (e) {
      }
    }
  };
}
