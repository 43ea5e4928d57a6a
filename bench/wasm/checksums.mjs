// Prints the checksum of every chunk of files, as `codec_worker SELECTION FILE...` does: WASM and native code must agree.
//
// usage: node checksums.mjs MODULE.wasm all|xyz FILE.laz...
import { readFileSync } from 'node:fs'
import { Copse, checksum } from './copse.mjs'

const [modulePath, selection, ...paths] = process.argv.slice(2)
const copse = await Copse.load(modulePath)
for (const path of paths) {
  copse.open(readFileSync(path))
  for (const [index, chunk] of copse.chunks.entries()) {
    copse.decode(index, selection)
    console.log(path, index, chunk.points, checksum(copse.records(index), copse.recordLength, selection))
  }
}
