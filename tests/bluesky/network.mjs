// Bluesky's own servers on loopback, for the tests: a directory of identities (PLC), the server that holds accounts (PDS)
// and, unless ALONE is set, the one that answers reads (AppView) with its queue (bsync).
//
// Environment: PLACE (folder with node_modules), DATABASE (an empty one), REDIS (host:port), PORTS (control,plc,pds,appview),
// ALONE, LIMITED (the PDS keeps Bluesky's real rate limits). Prints one line "READY {json}".
// Control: POST /settle answers when all that was written can be read; POST /takedown?did=… hides an account as
// moderators do; POST /stop ends.
import dns from 'node:dns'
import http from 'node:http'
import net from 'node:net'
import { pathToFileURL } from 'node:url'

// The servers listen on every interface; here nothing outside this machine may reach them.
dns.setDefaultResultOrder('ipv4first')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  if (first !== null && typeof first === 'object') return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  const others = rest.filter((argument) => typeof argument === 'function')
  return listen.call(this, { port: Number(first), host: '127.0.0.1' }, ...others)
}

const { PLACE, DATABASE, REDIS, PORTS, ALONE, LIMITED } = process.env
const [controlPort, plcPort, pdsPort, appviewPort] = PORTS.split(',').map(Number)
const library = pathToFileURL(`${PLACE}/node_modules/@atproto/dev-env/dist/index.js`)
const { TestBsky, TestBsync, TestNetworkNoAppView, TestPds, TestPlc, mockNetworkUtilities } = await import(library.href)

const KEY = 'bsync-api-key'
const account = { port: pdsPort, hostname: 'localhost', enableDidDocWithSession: true, rateLimitsEnabled: Boolean(LIMITED) }

async function whole() {
  const plc = await TestPlc.create({ port: plcPort })
  const bsync = await TestBsync.create({ apiKeys: [KEY], dbUrl: DATABASE, dbSchema: 'bsync' })
  const bsky = await TestBsky.create({
    port: appviewPort,
    plcUrl: plc.url,
    pdsPort,
    repoProvider: `ws://localhost:${pdsPort}`,
    bsyncUrl: bsync.url,
    bsyncApiKey: KEY,
    dbPostgresSchema: 'appview',
    dbPostgresUrl: DATABASE,
    redisHost: REDIS,
    publicUrl: `http://localhost:${appviewPort}`,
  })
  bsync.ctx.dataplaneClients = [bsky.ctx.dataplane]
  const appview = { bskyAppViewUrl: bsky.url, bskyAppViewDid: bsky.ctx.cfg.serverDid }
  const pds = await TestPds.create({ didPlcUrl: plc.url, ...appview, ...account })
  mockNetworkUtilities(pds, bsky)
  return { pds, bsky, bsync, plc }
}

async function alone() {
  const { pds, plc } = await TestNetworkNoAppView.create({ plc: { port: plcPort }, pds: account })
  return { pds, plc }
}

const servers = ALONE ? await alone() : await whole()
const { pds, bsky, bsync } = servers

async function settle() {
  await pds.processAll()
  if (!bsky) return
  const until = Date.now() + 20000
  const last = await pds.ctx.sequencer.curr()
  for (;;) {
    await bsky.sub.processAll()
    if (((await bsky.sub.getCursor()) ?? 0) >= (last ?? 0)) break
    if (Date.now() > until) throw new Error('the AppView does not keep up')
    await new Promise((done) => setTimeout(done, 5))
  }
  await bsky.bsyncSub.processAll(await bsync.getStreamHeads(), 20000)
}

let stopping = false
async function stop() {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(3), 15000).unref()
  for (const server of [bsky, bsync, pds, servers.plc]) await server?.close()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

const actions = {
  '/settle': settle,
  '/takedown': (query) => bsky.ctx.dataplane.takedownActor({ did: query.get('did'), ref: 'test' }),
  '/stop': async () => void setTimeout(stop, 0),
}
http
  .createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    try {
      await actions[pathname](searchParams)
      response.end('{}')
    } catch (error) {
      response.statusCode = 500
      response.end(JSON.stringify({ error: String(error) }))
    }
  })
  .listen(controlPort, () => console.log(`READY ${JSON.stringify({ pds: pds.url, appview: bsky?.url ?? null })}`))
