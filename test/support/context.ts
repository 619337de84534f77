import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'

/** What Lambda hands a function about itself. */
export function contextOf(remainingMillis = 10_000): Context {
  const end = Date.now() + remainingMillis
  return {
    functionName: 'test',
    getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
  } as Context
}

type Request = {
  body?: string
  base64?: boolean
  headers?: Record<string, string>
  params?: Record<string, string>
  query?: Record<string, string>
}

/** An API Gateway event (payload 2.0). */
export function eventOf(request: Request = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    headers: request.headers ?? {},
    isBase64Encoded: request.base64 ?? false,
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.params === undefined ? {} : { pathParameters: request.params }),
    ...(request.query === undefined ? {} : { queryStringParameters: request.query }),
  } as APIGatewayProxyEventV2
}

/** The envelope in an answer, unpacked. */
export function envelopeOf(result: APIGatewayProxyStructuredResultV2) {
  return JSON.parse(result.body ?? '') as {
    code: number
    message: string
    data: unknown
    traceId: string
    details?: { field: string; message: string }[]
  }
}
