import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type mysql from 'mysql2/promise'

const CATCH_UP_SECONDS = 20
const execute = promisify(execFile)

/** What MariaDB and MySQL say differently about replication by GTID. */
export type Flavor = {
  /** Options of the server. */
  args: string[]
  /** What makes a replica follow. */
  follow: string[]
  /** The last transaction of the primary, and what waits for it on the replica (0 when it is there). */
  position: string
  wait: string
}

const MARIADB: Flavor = {
  args: [],
  follow: [
    'STOP SLAVE',
    `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = $PORT, MASTER_USER = 'replica',
       MASTER_PASSWORD = '$PASSWORD', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1`,
    'START SLAVE',
  ],
  position: 'SELECT @@gtid_binlog_pos AS position',
  wait: 'SELECT MASTER_GTID_WAIT(?, ?) AS result',
}

const MYSQL: Flavor = {
  args: ['--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--mysqlx=OFF'],
  follow: [
    'STOP REPLICA',
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = $PORT,
       SOURCE_USER = 'replica', SOURCE_PASSWORD = '$PASSWORD', SOURCE_AUTO_POSITION = 1,
       SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1`,
    'START REPLICA',
  ],
  position: 'SELECT @@global.gtid_executed AS position',
  wait: 'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS result',
}

/** @returns the flavor of a server, from what it says of itself */
export async function flavorOf(server: string): Promise<Flavor> {
  const { stdout } = await execute(server, ['--version'])
  return stdout.includes('MariaDB') ? MARIADB : MYSQL
}

type Primary = { connection: mysql.Connection; port: number }

/**
 * Points the replica at the primary, whose port is a new one at each start, and waits until it has
 * all that the primary has.
 * @throws Error when it does not get there
 */
export async function follow(
  flavor: Flavor,
  replica: mysql.Connection,
  primary: Primary,
  password: string,
): Promise<void> {
  const [positions] = await primary.connection.query<mysql.RowDataPacket[]>(flavor.position)
  for (const statement of flavor.follow) {
    await replica.query(
      statement.replace('$PORT', `${primary.port}`).replace('$PASSWORD', password),
    )
  }
  const [results] = await replica.query<mysql.RowDataPacket[]>(flavor.wait, [
    positions[0]?.position,
    CATCH_UP_SECONDS,
  ])
  if (Number(results[0]?.result) !== 0) {
    throw new Error(
      'the replica does not follow the primary: its server.log says why.\n' +
        '`npm start -- --reset` begins again, without the data.',
    )
  }
}
