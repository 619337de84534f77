// What should wake somebody. Point the topic at whoever is on duty. Written as code, since it says the same
// of many things; a test looks at what comes out, and that nothing is left out.

const QUEUES = {
  Stock: 'stock',
  Email: 'email',
  Notify: 'notify',
  OrderTimeout: 'order-timeout',
  Export: 'export',
}
const CHECKOUT = ['ordersCreate', 'ordersPay', 'paymentsNotify', 'paymentsRefundNotify']
const CONSUMERS = ['jobsStock', 'jobsEmail', 'jobsNotify', 'jobsOrderTimeout', 'jobsExport']
/** For how many minutes a job of the clock may not have run: a few times its rate; the day's, two hours more. */
const SCHEDULES = {
  jobsRelay: 5,
  jobsUnpaidSweep: 5,
  jobsPaymentsWatch: 5,
  jobsAccountSweep: 20,
  jobsStockReconcile: 30,
  jobsAutoConfirm: 180,
  jobsPaymentsReconcile: 26 * 60,
}
/** Log lines that a person has to look at: the metric that counts them, and who may write them. */
const TOLD = [
  [
    'PaymentIncidents',
    'payment incident',
    ['paymentsNotify', 'paymentsRefundNotify', 'jobsPaymentsWatch', 'jobsPaymentsReconcile'],
  ],
  ['OrdersGivenUp', 'order given up: the database did not take it', ['jobsRelay']],
  ['HoldsStuck', 'hold is stuck', ['jobsRelay']],
  ['StockDrift', 'stock differs from its ledger', ['jobsStockReconcile']],
]
/** Rows of the outbox that SQS has not taken for so long. */
const OUTBOX_SECONDS = 600

const upper = (name) => name[0].toUpperCase() + name.slice(1)
const metric = (Namespace, MetricName, Statistic, dimensions = {}) => ({
  Namespace,
  MetricName,
  Statistic,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
})
/** Fires above `threshold` in each of `periods` periods of `seconds`. */
const alarm = (
  AlarmDescription,
  what,
  { threshold = 0, seconds = 60, periods = 1, ...over } = {},
) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription,
    ...what,
    Period: seconds,
    EvaluationPeriods: periods,
    Threshold: threshold,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: [{ Ref: 'AlarmTopic' }],
    ...over,
  },
})

function queueAlarms([id, name]) {
  const of = (queue, metricName) =>
    metric('AWS/SQS', metricName, 'Maximum', { QueueName: { 'Fn::GetAtt': [queue, 'QueueName'] } })
  return {
    [`${id}DeadLettersAlarm`]: alarm(
      `Messages of the queue ${name} could not be handled; look at them, then redrive`,
      of(`${id}DeadQueue`, 'ApproximateNumberOfMessagesVisible'),
    ),
    [`${id}AgeAlarm`]: alarm(
      `The queue ${name} is not keeping up`,
      of(`${id}Queue`, 'ApproximateAgeOfOldestMessage'),
      { threshold: 300, periods: 3 },
    ),
  }
}

const all = (entries) => Object.assign({}, ...entries)

module.exports = async ({ resolveVariable }) => {
  const stage = await resolveVariable('sls:stage')
  const own = `Minimall/${stage}`
  const lambda = (key, name) =>
    metric('AWS/Lambda', name, 'Sum', { FunctionName: `minimall-${stage}-${key}` })
  const filter = (key, FilterPattern, MetricName, MetricValue) => ({
    Type: 'AWS::Logs::MetricFilter',
    Properties: {
      LogGroupName: { Ref: `${upper(key)}LogGroup` },
      FilterPattern,
      MetricTransformations: [{ MetricNamespace: own, MetricName, MetricValue }],
    },
  })

  return {
    Resources: {
      AlarmTopic: {
        Type: 'AWS::SNS::Topic',
        Properties: { TopicName: `minimall-${stage}-alarms` },
      },
      ...all(Object.entries(QUEUES).map(queueAlarms)),
      ...all(
        [...CHECKOUT, ...CONSUMERS, ...Object.keys(SCHEDULES)].map((key) => ({
          [`${upper(key)}ErrorsAlarm`]: alarm(
            `${key} crashed or ran out of time; its log says why`,
            lambda(key, 'Errors'),
          ),
        })),
      ),
      ...all(
        [...CHECKOUT, ...CONSUMERS].map((key) => ({
          [`${upper(key)}ThrottlesAlarm`]: alarm(
            `${key} needs more containers than infra/concurrency.yml gives it`,
            lambda(key, 'Throttles'),
            { periods: 3 },
          ),
        })),
      ),
      ...all(
        Object.entries(SCHEDULES).map(([key, minutes]) => {
          // A period of an hour or more may be looked at for days; a shorter one for a day at most.
          const seconds = minutes > 60 ? 3600 : 60
          return {
            [`${upper(key)}NotRunAlarm`]: alarm(
              `${key} has not run for ${minutes} minutes`,
              lambda(key, 'Invocations'),
              {
                seconds,
                periods: (minutes * 60) / seconds,
                threshold: 1,
                ComparisonOperator: 'LessThanThreshold',
                TreatMissingData: 'breaching',
              },
            ),
          }
        }),
      ),
      ApiErrorsAlarm: alarm(
        'The API fails with 5xx; see `request failed` and `request unavailable` in the log',
        metric('AWS/ApiGateway', '5xx', 'Sum', { ApiId: { Ref: 'HttpApi' } }),
        { threshold: 50, periods: 3 },
      ),
      OutboxAgeFilter: filter(
        'jobsRelay',
        '{ $.schedule = "relay" }',
        'OutboxAge',
        '$.oldestSeconds',
      ),
      OutboxAgeAlarm: alarm(
        'Messages wait in the outbox: SQS does not take them; see `messages not sent` in the log',
        metric(own, 'OutboxAge', 'Maximum'),
        { threshold: OUTBOX_SECONDS, periods: 3 },
      ),
      ...all(
        TOLD.map(([name, message, keys]) => ({
          ...all(
            keys.map((key) => ({
              [`${upper(key)}${name}Filter`]: filter(
                key,
                `{ $.message = "${message}" }`,
                name,
                '1',
              ),
            })),
          ),
          [`${name}Alarm`]: alarm(
            `\`${message}\` in the log: docs/operations.md says what to do`,
            metric(own, name, 'Sum'),
          ),
        })),
      ),
    },
  }
}
