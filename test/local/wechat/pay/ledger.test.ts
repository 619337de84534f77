import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ROOT } from '../../../../local/root.ts'
import { PayError } from '../../../../local/wechat/pay/errors.ts'
import { Ledger, type Prepay } from '../../../../local/wechat/pay/ledger.ts'

const MINUTE = 60_000
const TOTAL = 100
const ORDERS = ['A', 'B']
const REFUNDS = ['R1', 'R2', 'R3']

/** What an order may be, in the fewest words. */
type Model = {
  closed: boolean
  ends: number
  prepayEnds: number
  paid: boolean
  refunds: Map<string, number>
}
type Step =
  | { do: 'prepay' | 'pay' | 'close'; order: string }
  | { do: 'refund'; order: string; refund: string; fen: number }
  | { do: 'wait'; minutes: number }
  | { do: 'restart' }

const order = fc.constantFrom(...ORDERS)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('prepay', 'pay', 'close'), order }),
  fc.record({
    do: fc.constant('refund'),
    order,
    refund: fc.constantFrom(...REFUNDS),
    fen: fc.integer({ min: 1, max: TOTAL }),
  }),
  fc.record({ do: fc.constant('wait'), minutes: fc.constantFrom(1, 15, 121) }),
  fc.record({ do: fc.constant('restart') }),
) as fc.Arbitrary<Step>

/** @returns 'ok' or the code of the refusal */
function outcome(work: () => unknown): string {
  try {
    const result = work()
    return typeof result === 'string' ? result : 'ok'
  } catch (error) {
    if (error instanceof PayError) return error.code
    throw error
  }
}

const sum = (refunds: Map<string, number>) => [...refunds.values()].reduce((a, b) => a + b, 0)

test('any sequence of calls goes as in the model: never paid after a close, never paid twice, never refunded above what was paid', () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-ledger-'))
  let run = 0
  const check = (lives: number[], steps: Step[]) => {
    run += 1
    const file = join(dir, `${run}.jsonl`)
    let ledger = new Ledger(file)
    let now = Date.parse('2026-11-24T12:00:00Z')
    const models = new Map<string, Model>()
    const spent = new Set<string>()
    const transactions = new Map<string, string>()
    const requestOf = (outTradeNo: string): Prepay => ({
      outTradeNo,
      description: 'x',
      notifyUrl: 'http://127.0.0.1:9/',
      openid: 'o',
      totalFen: TOTAL,
      expiresAt:
        Date.parse('2026-11-24T12:00:00Z') + (lives[ORDERS.indexOf(outTradeNo)] ?? 0) * MINUTE,
      fingerprint: outTradeNo,
    })

    const expected: Record<string, (step: never) => string> = {
      prepay: ({ order }: { order: string }) => {
        const model = models.get(order)
        if (model?.paid) return 'ORDERPAID'
        if (model?.closed) return 'ORDER_CLOSED'
        if (spent.has(order) || (model !== undefined && model.ends <= now)) return 'INVALID_REQUEST'
        if (model === undefined) {
          const ends = Math.max(requestOf(order).expiresAt ?? 0, now + MINUTE)
          models.set(order, {
            closed: false,
            ends,
            prepayEnds: now + 120 * MINUTE,
            paid: false,
            refunds: new Map(),
          })
        } else if (model.prepayEnds <= now) model.prepayEnds = now + 120 * MINUTE
        return 'ok'
      },
      pay: ({ order }: { order: string }) => {
        const model = models.get(order)
        if (model === undefined) return 'unknown'
        if (model.paid) return 'ok'
        if (model.closed) return 'closed'
        if (Math.min(model.ends, model.prepayEnds) <= now) return 'expired'
        model.paid = true
        return 'ok'
      },
      close: ({ order }: { order: string }) => {
        const model = models.get(order)
        if (model?.paid) return 'ORDERPAID'
        if (model === undefined) spent.add(order)
        else model.closed = true
        return 'ok'
      },
      refund: ({ order, refund, fen }: { order: string; refund: string; fen: number }) => {
        const model = models.get(order)
        if (!model?.paid) return 'RESOURCE_NOT_EXISTS'
        if (model.refunds.get(refund) === fen) return 'ok'
        if ([...models.values()].some(({ refunds }) => refunds.has(refund)))
          return 'INVALID_REQUEST'
        if (sum(model.refunds) + fen > TOTAL) return 'INVALID_REQUEST'
        model.refunds.set(refund, fen)
        return 'ok'
      },
    }
    const actual = (step: Step): string => {
      if (step.do === 'prepay') return outcome(() => ledger.prepay(requestOf(step.order), now))
      if (step.do === 'close') return outcome(() => ledger.close(step.order))
      if (step.do === 'pay') return outcome(() => ledger.pay(step.order, now))
      if (step.do !== 'refund') throw new Error('unreachable')
      const { order, refund, fen } = step
      const request = { outTradeNo: order, outRefundNo: refund, refundFen: fen, totalFen: TOTAL }
      return outcome(() => ledger.refund(request, now))
    }

    for (const step of steps) {
      if (step.do === 'wait') now += step.minutes * MINUTE
      else if (step.do === 'restart') ledger = new Ledger(file)
      else expect([step, actual(step)]).toEqual([step, expected[step.do]?.(step as never)])
      for (const [outTradeNo, model] of models) {
        const known = ledger.order(outTradeNo)
        const paidState = model.refunds.size > 0 ? 'REFUND' : 'SUCCESS'
        const unpaidState = model.closed ? 'CLOSED' : 'NOTPAY'
        expect(ledger.stateOf(known)).toBe(model.paid ? paidState : unpaidState)
        const refunded = ledger
          .refundsOf(outTradeNo)
          .reduce((all, { refundFen }) => all + refundFen, 0)
        expect(refunded).toBe(sum(model.refunds))
        expect(refunded).toBeLessThanOrEqual(model.paid ? TOTAL : 0)
        if (known.paid === undefined) continue
        const { transactionId } = known.paid
        expect(transactions.get(outTradeNo) ?? transactionId).toBe(transactionId)
        transactions.set(outTradeNo, transactionId)
      }
    }
  }
  try {
    const lives = fc.tuple(fc.constantFrom(0, 15, 1000), fc.constantFrom(0, 15, 1000))
    fc.assert(
      fc.property(lives, fc.array(step, { maxLength: 40 }), (minutes, steps) =>
        check(minutes, steps),
      ),
      { numRuns: 300 },
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('what was answered survives kill -9', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-ledger-'))
  const file = join(dir, 'ledger.jsonl')
  const script = join(dir, 'pay.ts')
  writeFileSync(
    script,
    `import { Ledger } from ${JSON.stringify(join(ROOT, 'local/wechat/pay/ledger.ts'))}
    const ledger = new Ledger(${JSON.stringify(file)})
    const order = { description: 'x', notifyUrl: 'x', openid: 'o', totalFen: 1, fingerprint: 'x' }
    for (let number = 0; ; number++) {
      ledger.prepay({ ...order, outTradeNo: \`N\${number}\` }, Date.now())
      console.log(ledger.pay(\`N\${number}\`, Date.now()).paid.transactionId)
      if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }`,
  )
  try {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    const answered: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      answered.push(line)
      if (answered.length === 500) child.kill('SIGKILL')
    }
    await closed
    const ledger = new Ledger(file)
    for (const [number, transactionId] of answered.entries()) {
      expect(ledger.order(`N${number}`).paid?.transactionId).toBe(transactionId)
    }
    expect(answered.length).toBeGreaterThanOrEqual(500)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
