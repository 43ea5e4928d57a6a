// The WebAssembly module of bench/wasm/module.cpp in Node.
import { readFileSync } from 'node:fs'

/** X, Y and Z lead a LAS record of any format. */
const XYZ_BYTES = 12

/** One LAZ file in the module's memory. */
export class Copse {
  static async load(modulePath) {
    const module = await WebAssembly.compile(readFileSync(modulePath))
    // The decoder asks the system for nothing; libc's imports are there for paths that are never taken.
    const system = new Proxy({}, { get: (_, name) => () => { throw new Error(`${name} is not provided`) } })
    const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: system })
    instance.exports._initialize()
    return new Copse(instance.exports)
  }

  constructor(exports) {
    this.exports = exports
  }

  memory(at, size) {
    return new Uint8Array(this.exports.memory.buffer, at, size)
  }

  open(bytes) {
    const at = this.exports.reserve(bytes.length)
    this.memory(at, bytes.length).set(bytes)
    this.check(this.exports.open())
    this.chunks = Array.from({ length: this.exports.chunk_count() }, (_, i) => ({
      points: this.exports.chunk_points(i),
      bytes: bytes.subarray(this.exports.chunk_offset(i), this.exports.chunk_offset(i) + this.exports.chunk_size(i)),
    }))
    this.pointFormat = this.exports.point_format()
    this.recordLength = this.exports.record_length()
  }

  decode(index, selection) {
    this.check(this.exports.decode(index, selection === 'xyz'))
  }

  /** The latest chunk decoded, as LAS records. */
  records(index) {
    return this.memory(this.exports.records(), this.chunks[index].points * this.recordLength)
  }

  check(isGood) {
    if (isGood) return
    const at = this.exports.error_text()
    const text = this.memory(at, 200)
    throw new Error(Buffer.from(text.subarray(0, text.indexOf(0))).toString())
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  for (let bit = 0; bit < 8; ++bit) i = i & 1 ? (i >>> 1) ^ 0xedb88320 : i >>> 1
  return i
})

/** CRC-32 of LAS records, or of their X, Y and Z, as eight digits. */
export function checksum(records, recordLength, selection) {
  const used = selection === 'xyz' ? XYZ_BYTES : recordLength
  let crc = 0xffffffff
  for (let record = 0; record < records.length; record += recordLength) {
    for (let i = record; i < record + used; ++i) crc = CRC_TABLE[(crc ^ records[i]) & 0xff] ^ (crc >>> 8)
  }
  return (~crc >>> 0).toString(16).padStart(8, '0')
}
