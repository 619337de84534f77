import { afterEach, expect, it, vi } from 'vitest'
import { readSecrets } from '../../../shared/platform/config/secrets.ts'
import { send } from '../../../shared/platform/net/send.ts'
import { received } from '../../support/received.ts'

vi.mock(import('../../../shared/platform/net/send.ts'), { spy: true })

afterEach(() => vi.mocked(send).mockReset())

it('reads every page of the parameters below a path, by their last name', async () => {
  const asked: unknown[] = []
  const pages = [
    { Parameters: [{ Name: '/minimall/prod/JWT_KEYS', Value: 'a' }], NextToken: 'more' },
    { Parameters: [{ Name: '/minimall/prod/DATABASE_URL', Value: 'b' }] },
  ]
  vi.mocked(send).mockImplementation(async (_, { headers, body } = {}) => {
    expect(headers).toMatchObject({ 'X-Amz-Target': 'AmazonSSM.GetParametersByPath' })
    asked.push(JSON.parse(String(body)))
    return received(pages[asked.length - 1])
  })
  expect(await readSecrets('/minimall/prod', 'ap-southeast-1')).toEqual({
    JWT_KEYS: 'a',
    DATABASE_URL: 'b',
  })
  expect(asked).toEqual([
    { Path: '/minimall/prod', WithDecryption: true },
    { Path: '/minimall/prod', WithDecryption: true, NextToken: 'more' },
  ])
})

it('fails outright where SSM refuses: half the secrets are worse than none', async () => {
  vi.mocked(send).mockResolvedValue(received('denied', 400))
  await expect(readSecrets('/minimall/prod', 'ap-southeast-1')).rejects.toThrow(
    'SSM answered 400 for /minimall/prod',
  )
})
