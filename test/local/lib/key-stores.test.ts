import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { add, newRing } from '../../../local/lib/key-ring.ts'
import { copyTo, fileStore, parameterStore } from '../../../local/lib/key-stores.ts'
import { send } from '../../../shared/platform/net/send.ts'
import { received } from '../../support/received.ts'

vi.mock(import('../../../shared/platform/net/send.ts'), { spy: true })

const ring = newRing(0)
afterEach(() => vi.mocked(send).mockReset())

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
    vi.mocked(send).mockImplementation(async (url, { headers, body: text } = {}) => {
      expect(url).toBe('https://ssm.eu-west-1.amazonaws.com/')
      const body = JSON.parse(String(text)) as Record<string, unknown>
      expect(body.Name).toBe('/minimall/prod/JWT_KEYS')
      if (headers?.['X-Amz-Target'] === 'AmazonSSM.GetParameter') {
        expect(body.WithDecryption).toBe(true)
        return received({ Parameter: { Value: value, Version: version } })
      }
      expect(body.Type).toBe('SecureString')
      if (body.Overwrite === false && version > 0) return received({}, 400)
      other.meanwhile()
      value = String(body.Value)
      version++
      return received({ Version: version })
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

  it('are copied to another region, whatever that has, signed for there', async () => {
    const { store } = parameter()
    await copyTo('prod', 'eu-west-1', newRing(0))
    await copyTo('prod', 'eu-west-1', ring)
    expect(await store.read()).toEqual(ring)
    for (const [, sending] of vi.mocked(send).mock.calls) {
      expect(new Map(Object.entries(sending?.headers ?? {})).get('authorization')).toContain(
        '/eu-west-1/ssm/',
      )
    }
  })

  it('tell where two operators change them at once', async () => {
    const { store, meanwhile, bump } = parameter()
    await store.create(ring)
    await store.read()
    meanwhile(bump)
    await expect(store.write(add(ring, 1))).rejects.toThrow('somebody else changed')
  })
})
