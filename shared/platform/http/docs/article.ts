import type { JsonSchema, MediaType, OpenApi, Operation, Response } from '../openapi-types.ts'
import { resolve } from '../openapi-types.ts'
import { curl } from './curl.ts'
import { fieldRow, fieldsOf } from './fields.ts'
import { type Html, html, inline } from './html.ts'

export type Route = { method: string; path: string; operation: Operation }

export const badge = (method: string) =>
  html`<b class="method ${method.toLowerCase()}">${method}</b>`

/** A route with its fields, codes and examples. */
export function article({ method, path, operation }: Route, document: OpenApi): Html {
  const { operationId, summary, description, security, parameters, requestBody } = operation
  const body = requestBody?.content['application/json']
  return html`<article id="${operationId}"><h3>${badge(method)} <a href="#${operationId}">${path}</a></h3>
<p>${inline(summary)}. ${description} <small>${security === undefined ? 'for everybody' : 'needs an access token'}</small> <small>${operationId}</small></p>
${parameters.length > 0 && html`<h4>Parameters</h4><table>${parameters.map((each) => fieldRow(each.name, each.schema, each))}</table>`}
${body !== undefined && html`<h4>Body</h4>${fieldsOf(body.schema, document)}`}
<h4>Request</h4>${code(curl(method, path, operation))}
<h4>Answers</h4>${Object.entries(operation.responses).map(([status, response]) =>
    Number(status) < 400 ? answer(status, resolve(document, response), document) : '',
  )}
<h4>Errors</h4>${errorTable(operation, document)}</article>`
}

const code = (text: string) => html`<pre tabindex="0"><code>${text}</code></pre>`
const pretty = (value: unknown) =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2)

/** The schema of `data`, or of the whole answer where that has no envelope. */
const dataOf = ({ schema }: MediaType) =>
  schema.properties?.traceId === undefined ? schema : (schema.properties.data as JsonSchema)

function answer(status: string, { description, content = {} }: Response, document: OpenApi): Html {
  const [type, media] = Object.entries(content)[0] ?? []
  return html`<p><b class="status">${status}</b> ${description} <small>${type ?? 'no body'}</small></p>
${media !== undefined && fieldsOf(dataOf(media), document)}
${media?.example !== undefined && html`<details><summary>Example</summary>${code(pretty(media.example))}</details>`}`
}

function errorTable({ responses }: Operation, document: OpenApi): Html {
  const rows = Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, response]) =>
      Object.values(resolve(document, response).content ?? {}).flatMap(({ examples = {} }) =>
        Object.entries(examples).map(([name, { value }]) => errorRow(status, name, value)),
      ),
    )
  return html`<table class="errors">${rows}</table>`
}

function errorRow(status: string, name: string, value: unknown): Html {
  const { code: number, message } = value as { code: number; message: string }
  return html`<tr><th scope="row">${status}</th><td><details><summary><code>${number}</code> ${message} <small>${name}</small></summary>${code(pretty(value))}</details></td></tr>`
}
