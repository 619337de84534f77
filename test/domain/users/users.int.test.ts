import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readRecipient, readUsers } from '../../../shared/domain/users/repository.ts'
import type { UserView } from '../../../shared/domain/users/schemas.ts'
import { createUsers } from '../../../shared/domain/users/users.ts'
import { createCache } from '../../../shared/platform/cache/cache.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { SessionEnded } from '../../../shared/platform/errors/standard.ts'
import { createOutbox } from '../../../shared/platform/outbox/outbox.ts'
import type { Message } from '../../../shared/platform/queue/message.ts'
import { redis } from '../../../shared/platform/redis/client.ts'

const sent: { queue: string; message: Message }[] = []
const outbox = createOutbox(database(), {
  async send(queue, messages) {
    sent.push(...messages.map(({ message }) => ({ queue, message })))
    return { failed: [] }
  },
})
const usersWith = (adminOpenids: string[]) =>
  createUsers({
    database: database(),
    cache: createCache<UserView>({
      redis: redis(),
      name: 'user',
      memorySeconds: 0,
      freshSeconds: 300,
      keepSeconds: 300,
      load: (ids) => readUsers(database(), ids),
    }),
    adminOpenids,
    outbox,
  })
const someOpenid = () => `o-${randomUUID()}`

describe('a user', () => {
  it('is an admin for as long as the settings say so, also for who is signed in', async () => {
    const openid = someOpenid()
    const named = usersWith([openid])
    const { id } = await named.signIn(openid)
    expect(await named.get(id)).toMatchObject({ role: 'admin' })
    expect(await named.resume(id)).toMatchObject({ id, role: 'admin' })
    const noLonger = usersWith([])
    expect(await noLonger.resume(id)).toMatchObject({ id, role: 'user' })
    expect(await noLonger.get(id)).toMatchObject({ role: 'user' })
  })

  it('keeps what was changed, and every reader sees it at once', async () => {
    const users = usersWith([])
    const { id } = await users.signIn(someOpenid())
    expect(await users.get(id)).toEqual({ id, nickname: '', role: 'user' })
    const change = {
      nickname: '小明',
      avatarUrl: 'https://example.com/a.png',
      email: 'a@b.example',
    }
    expect(await users.change(id, change)).toEqual({ id, role: 'user', ...change })
    expect(await usersWith([]).get(id)).toEqual({ id, role: 'user', ...change })
    // WeChat is to look at the nickname, and at nothing else.
    const check = {
      queue: 'notify',
      message: { type: 'text.check', data: { kind: 'nickname', userId: id } },
    }
    expect(sent).toMatchObject([check])
    expect(await users.change(id, { email: null, avatarUrl: null })).toEqual({
      id,
      nickname: '小明',
      role: 'user',
    })
  })

  it('speaks the language of the device that it last signed in on, where that says so', async () => {
    const users = usersWith([])
    const openid = someOpenid()
    const { id } = await users.signIn(openid)
    await users.change(id, { email: 'a@b.example' })
    const language = async () => (await readRecipient(database(), id))?.language
    expect(await language()).toBeNull()
    await users.signIn(openid, 'en')
    expect(await language()).toBe('en')
    await users.signIn(openid)
    await users.resume(id)
    expect(await language()).toBe('en')
    await users.signIn(openid, 'zh')
    expect(await language()).toBe('zh')
  })

  it('that is gone has no session', async () => {
    const nobody = '999999999999'
    await expect(usersWith([]).get(nobody)).rejects.toThrow(SessionEnded)
    await expect(usersWith([]).resume(nobody)).rejects.toThrow(SessionEnded)
  })
})
