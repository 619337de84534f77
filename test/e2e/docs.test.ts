import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../local/root.ts'
import { send } from '../support/client.ts'

const PATHS = ['/api/openapi.json', '/api/docs']

describe('the contract', () => {
  it('is served as it stands in docs/openapi.json', async () => {
    const response = await send('GET', '/api/openapi.json')
    const made = readFileSync(join(ROOT, 'docs', 'openapi.json'), 'utf8')
    expect(await response.json()).toEqual(JSON.parse(made))
  })

  it('is served as a page that may load nothing but itself', async () => {
    const response = await send('GET', '/api/docs')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = response.headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(policy).not.toContain('unsafe')
    expect(await response.text()).toMatch(/^<!doctype html>[\s\S]*id="ordersCreate"/)
  })

  it.each(PATHS)('is sent once: %s answers 304 to whoever has it', async (path) => {
    const first = await send('GET', path)
    const etag = first.headers.get('etag') ?? ''
    expect(first.headers.get('cache-control')).toBe('public, no-cache')
    const again = await send('GET', path, { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await send('GET', path, { headers: { 'if-none-match': '"old"' } })).status).toBe(200)
  })

  it.each(PATHS)('is refused in the envelope: %s with a query', async (path) => {
    expect((await send('GET', `${path}?a=1`)).status).toBe(400)
  })
})
