import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { emptyContract } from '../../../local/docs/contract.ts'
import { contractOf, packedModule } from '../../../local/docs/packed.ts'
import { ROOT } from '../../../local/root.ts'

it('carries the contract to the functions that serve it as it stands in docs/openapi.json', () => {
  const file = (name: string) => readFileSync(join(ROOT, 'docs', name), 'utf8')
  expect(contractOf(file('openapi.generated.ts'))).toEqual(JSON.parse(file('openapi.json')))
})

it('gives back what was packed, and nothing of what is broken', () => {
  const module = packedModule(emptyContract())
  expect(contractOf(module)).toEqual(JSON.parse(JSON.stringify(emptyContract())))
  expect(contractOf('')).toBeUndefined()
  expect(contractOf(`<<<<<<< ours\n${module}=======\n${module}>>>>>>> theirs\n`)).toBeUndefined()
  expect(contractOf(module.replace(/.{20}'/, "'"))).toBeUndefined()
})
