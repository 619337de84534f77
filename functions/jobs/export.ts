// Queue `export`: writes files of orders, and goes on with them where a run has left off.
import { exportJob } from '../../shared/domain/exports/index.ts'
import type { ExportJob } from '../../shared/domain/exports/job.ts'
import { RunExport } from '../../shared/domain/exports/messages.ts'
import { messageJob, on } from '../../shared/platform/jobs/job.ts'

export const build = (service: Pick<ExportJob, 'run'>) =>
  messageJob('export', [on(RunExport, ({ data }) => service.run(data))])

export const handler = build(exportJob())
