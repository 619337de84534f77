import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database, replica } from '../../platform/database/database.ts'
import { openBucket } from '../../platform/files/bucket.ts'
import { outbox } from '../../platform/outbox/index.ts'
import { createExports } from './exports.ts'
import { createExportJob } from './job.ts'

const bucket = /* @__PURE__ */ once(() =>
  openBucket(settings().EXPORT_BUCKET, settings().EXPORT_BUCKET_REGION),
)

export const exports = /* @__PURE__ */ once(() =>
  createExports({
    database: database(),
    outbox: outbox(),
    bucket: bucket(),
    urlMinutes: settings().EXPORT_URL_MINUTES,
  }),
)

export const exportJob = /* @__PURE__ */ once(() =>
  createExportJob({ database: database(), replica: replica(), outbox: outbox(), bucket: bucket() }),
)
