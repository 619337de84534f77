import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { add, newRing } from '../../../local/lib/key-ring.ts'
import { fileStore, parameterStore } from '../../../local/lib/key-stores.ts'

const ring = newRing(0)
afterEach(() => vi.restoreAllMocks())

describe('keys in a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-keys-'))
  const path = join(dir, 'keys.json')
  const store = fileStore(path)
  afterEach(() => rmSync(path, { force: true }))

  it('are read as they were written, by nobody else, and a first set replaces none', async () => {
    await store.create(ring)
    await expect(store.create(newRing(0))).rejects.toThrow('EEXIST')
    expect(await store.read()).toEqual(ring)
    const more = add(ring, 1)
    await store.write(more)
    expect(await store.read()).toEqual(more)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    rmSync(dir, { recursive: true })
  })

  it('that make no set are not shown in what is said about them', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'minimall-keys-'))
    const other = join(broken, 'keys.json')
    writeFileSync(other, JSON.stringify({ keys: [{ ...ring.keys[0], kty: 'EC' }] }))
    const said = await fileStore(other)
      .read()
      .catch((error: Error) => `${error.name}: ${error.message}`)
    expect(said).toMatch(/^SettingsInvalid: JWT_KEYS is not valid/)
    expect(said).not.toContain(ring.keys[0].d)
    expect(readFileSync(other, 'utf8')).toContain(ring.keys[0].d)
    rmSync(broken, { recursive: true })
  })
})

describe('keys in SSM', () => {
  /** A parameter with versions; `meanwhile` is what another operator does before our next write. */
  function parameter() {
    let [value, version] = ['', 0]
    const other = { meanwhile: () => {} }
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
      const request = input as Request
      expect(request.url).toBe('https://ssm.eu-west-1.amazonaws.com/')
      const body = (await request.json()) as Record<string, unknown>
      expect(body.Name).toBe('/minimall/prod/JWT_KEYS')
      if (request.headers.get('x-amz-target') === 'AmazonSSM.GetParameter') {
        expect(body.WithDecryption).toBe(true)
        return Response.json({ Parameter: { Value: value, Version: version } })
      }
      expect(body.Type).toBe('SecureString')
      if (body.Overwrite === false && version > 0) return new Response('{}', { status: 400 })
      other.meanwhile()
      value = String(body.Value)
      version++
      return Response.json({ Version: version })
    })
    return {
      store: parameterStore('prod', 'eu-west-1'),
      meanwhile: (happens: () => void) => {
        other.meanwhile = happens
      },
      bump: () => version++,
    }
  }

  it('are read as they were written, and a first set replaces none', async () => {
    const { store } = parameter()
    await store.create(ring)
    await expect(store.create(ring)).rejects.toThrow('SSM answered 400 for /minimall/prod/JWT_KEYS')
    expect(await store.read()).toEqual(ring)
    const more = add(ring, 1)
    await store.write(more)
    expect(await store.read()).toEqual(more)
  })

  it('tell where two operators change them at once', async () => {
    const { store, meanwhile, bump } = parameter()
    await store.create(ring)
    await store.read()
    meanwhile(bump)
    await expect(store.write(add(ring, 1))).rejects.toThrow('somebody else changed')
  })
})
