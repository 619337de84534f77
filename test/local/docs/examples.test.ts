import { beforeAll, describe, expect, it } from 'vitest'
import { validatorOf } from '../../../local/docs/ajv.ts'
import { type Contract, readContract } from '../../../local/docs/contract.ts'
import type { MediaType, Operation } from '../../../shared/platform/http/openapi-types.ts'

let contract: Contract
let operations: Operation[]
let problems: ReturnType<typeof validatorOf>
beforeAll(async () => {
  contract = await readContract()
  const { paths } = contract.document
  operations = Object.values(paths).flatMap((methods) => Object.values(methods))
  problems = validatorOf(contract.document)
})

const examplesOf = ({ example, examples = {} }: MediaType) => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples).map(({ value }) => value),
]

describe('the examples of the OpenAPI document', () => {
  it('are there for every field: what is missing wants a line in local/docs/values.ts', () => {
    expect(contract.missing).toEqual([])
  })

  it('of requests have the form that they are examples of', () => {
    for (const { operationId, parameters, requestBody } of operations) {
      for (const { name, schema, example } of parameters) {
        expect(example, `${operationId} ${name}`).toBeDefined()
        expect(problems(schema, example), `${operationId} ${name}`).toEqual([])
      }
      for (const { schema, example } of Object.values(requestBody?.content ?? {}))
        expect(problems(schema, example), `${operationId}: events/ and its body`).toEqual([])
    }
  })

  it('of answers have the form that they are examples of', () => {
    const answers = operations.flatMap(({ operationId, responses }) =>
      Object.entries(responses).map(([status, response]) => ({
        at: `${operationId} ${status}`,
        response,
      })),
    )
    for (const [name, response] of Object.entries(contract.document.components.responses))
      answers.push({ at: name, response })
    for (const { at, response } of answers) {
      if ('$ref' in response) continue
      for (const media of Object.values(response.content ?? {})) {
        expect(examplesOf(media), at).not.toEqual([])
        for (const example of examplesOf(media))
          expect(problems(media.schema, example), at).toEqual([])
      }
    }
  })

  it('of schemas have the form that they are examples of', () => {
    for (const [name, schema] of Object.entries(contract.document.components.schemas))
      for (const example of schema.examples ?? [])
        expect(problems(schema, example), name).toEqual([])
  })
})
