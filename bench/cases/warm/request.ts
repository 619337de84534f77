import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'

export const USER = { id: '42', nickname: '小明', email: 'ming@example.com', role: 'user' } as const

/** What API Gateway sends (payload 2.0) when a mini-program asks who is signed in. */
export function eventOf(token: string): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: 'GET /api/user/info',
    rawPath: '/api/user/info',
    rawQueryString: '',
    headers: {
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      host: 'api.example.com',
      referer: 'https://servicewechat.com/wx0123456789abcdef/devtools/page-frame.html',
      'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      'x-trace-id': '01HZY3V9J8QK5M2N4P6R8T0W1X',
    },
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.example.com',
      domainPrefix: 'api',
      http: {
        method: 'GET',
        path: '/api/user/info',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.7',
        userAgent: 'MicroMessenger/8.0.50',
      },
      requestId: 'id',
      routeKey: 'GET /api/user/info',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: Date.now(),
    },
    isBase64Encoded: false,
  }
}

export function lambdaContext(): Context {
  const end = Date.now() + 10_000
  const context = { functionName: 'bench', getRemainingTimeInMillis: () => end - Date.now() }
  return context as Context
}
