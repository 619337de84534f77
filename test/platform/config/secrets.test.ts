import { afterEach, expect, it, vi } from 'vitest'
import { readSecrets } from '../../../shared/platform/config/secrets.ts'

afterEach(() => vi.restoreAllMocks())

it('reads every page of the parameters below a path, by their last name', async () => {
  const asked: unknown[] = []
  const pages = [
    { Parameters: [{ Name: '/minimall/prod/JWT_KEYS', Value: 'a' }], NextToken: 'more' },
    { Parameters: [{ Name: '/minimall/prod/DATABASE_URL', Value: 'b' }] },
  ]
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const request = input as Request
    expect(request.headers.get('x-amz-target')).toBe('AmazonSSM.GetParametersByPath')
    asked.push(await request.json())
    return Response.json(pages[asked.length - 1])
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
  vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('denied', { status: 400 }))
  await expect(readSecrets('/minimall/prod', 'ap-southeast-1')).rejects.toThrow(
    'SSM answered 400 for /minimall/prod',
  )
})
