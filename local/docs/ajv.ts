import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { JsonSchema, OpenApi } from '../../shared/platform/http/openapi-types.ts'

/**
 * Validates values against the schemas of a document.
 * @returns a function that lists what is wrong with a value, empty where it conforms
 */
export function validatorOf(document: Pick<OpenApi, 'components'>) {
  const ajv = new Ajv2020({ allErrors: true, strict: false, allowUnionTypes: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'contract:', components: document.components })
  const compiled = new Map<string, ValidateFunction>()
  return (schema: JsonSchema, value: unknown): string[] => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"contract:#/components/')
    let validate = compiled.get(text)
    if (validate === undefined) {
      validate = ajv.compile(JSON.parse(text))
      compiled.set(text, validate)
    }
    return validate(value) ? [] : (validate.errors ?? []).map(sentence)
  }
}

export type Validator = ReturnType<typeof validatorOf>

const sentence = ({ instancePath, message, params }: ErrorObject): string => {
  const { additionalProperty, allowedValues, allowedValue } = params
  const more = additionalProperty ?? allowedValues ?? allowedValue
  return `${instancePath || '(all)'} ${message}${more === undefined ? '' : `: ${JSON.stringify(more)}`}`
}
