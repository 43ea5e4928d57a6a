// Times our WebAssembly module and npm's laz-perf in one process. Speaks the protocol of bench/compare.py:
//   copse FILE all|xyz REPEATS      the first chunk of a file into columns
//   laz-perf FILE all|xyz REPEATS   the same into LAS records; laz-perf decodes all fields whatever the selection
//   checksum                        CRC-32 of what the latest request made
//
// usage: node worker.mjs MODULE.wasm FOLDER-WITH-NODE-MODULES
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Copse, checksum } from './copse.mjs'

const WARM_UP_RUNS = 10 // until V8 has compiled both modules with its optimising compiler

const [modulePath, nodeFolder] = process.argv.slice(2)
const copse = await Copse.load(modulePath)
const lazPerf = await createRequire(resolve(nodeFolder, 'package.json'))('laz-perf').createLazPerf()

/** The chunk in laz-perf's memory, and room for its records. */
class LazPerfChunk {
  constructor(chunk) {
    this.points = chunk.points
    this.size = chunk.points * copse.recordLength
    this.input = lazPerf._malloc(chunk.bytes.length)
    this.output = lazPerf._malloc(this.size)
    lazPerf.HEAPU8.set(chunk.bytes, this.input)
  }

  decode() {
    const decoder = new lazPerf.ChunkDecoder()
    const end = this.output + this.size
    decoder.open(copse.pointFormat, copse.recordLength, this.input)
    for (let at = this.output; at < end; at += copse.recordLength) decoder.getPoint(at)
    decoder.delete()
  }

  records() {
    return lazPerf.HEAPU8.subarray(this.output, this.output + this.size)
  }

  free() {
    lazPerf._free(this.input)
    lazPerf._free(this.output)
  }
}

let opened, theirs

function open(path) {
  if (path === opened) return
  theirs?.free()
  copse.open(readFileSync(path))
  theirs = new LazPerfChunk(copse.chunks[0])
  opened = path
  for (let i = 0; i < WARM_UP_RUNS; ++i) {
    copse.decode(0, 'all')
    copse.decode(0, 'xyz')
    theirs.decode()
  }
}

/** Nanoseconds of processor time, a mean of `repeats`. */
function nanosecondsOf(repeats, work) {
  const start = process.cpuUsage()
  for (let i = 0; i < repeats; ++i) work()
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1000) / repeats
}

function run(verb, selection, repeats) {
  return nanosecondsOf(repeats, verb === 'copse' ? () => copse.decode(0, selection) : () => theirs.decode())
}

function checksumOf(verb, selection) {
  const records = verb === 'copse' ? copse.records(0) : theirs.records()
  return checksum(records, copse.recordLength, selection)
}

let latest
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, path, selection, repeats] = line.split('\t')
  if (verb === 'checksum') {
    console.log(checksumOf(...latest))
  } else {
    open(path)
    console.log(run(verb, selection, Number(repeats)), theirs.points)
    latest = [verb, selection]
  }
}
