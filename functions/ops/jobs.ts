// GET /api/admin/jobs: what the jobs of the clock did in the last days: runs, failures, repairs.

import * as z from 'zod/mini'
import { limits } from '../../shared/domain/limits.ts'
import { createJobReport, type JobReport } from '../../shared/domain/operations/jobs.ts'
import { JobDayView } from '../../shared/domain/operations/schemas.ts'
import { database } from '../../shared/platform/database/database.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (report: JobReport) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/jobs',
      summary: 'What the jobs of the clock did in the last seven days: runs, failures, repairs',
      auth: 'admin',
      limit: limits.admin,
      replies: { 200: z.array(JobDayView) },
    },
    () => report(),
  )

export const handler = build(createJobReport(database()))
