// Reads every node of a COPC file with copc.js and laz-perf; raw records to OUT, node keys and counts as JSON to standard output.
// usage: node read_copc.mjs FILE OUT
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { Copc } from 'copc'

const [path, out] = process.argv.slice(2)
const file = openSync(path, 'r')
const get = async (begin, end) => {
  const bytes = new Uint8Array(end - begin)
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, begin))
}
const copc = await Copc.create(get)
const sink = openSync(out, 'w')
const nodes = []
let pages = [copc.info.rootHierarchyPage]
while (pages.length > 0) {
  const next = []
  for (const page of pages) {
    const subtree = await Copc.loadHierarchyPage(get, page)
    for (const [key, node] of Object.entries(subtree.nodes)) {
      if (!node || node.pointCount === 0) continue
      writeSync(sink, await Copc.loadPointDataBuffer(get, copc.header, node))
      // The view is what applications use: it must accept our extra bytes.
      await Copc.loadPointDataView(get, copc, node)
      nodes.push([...key.split('-').map(Number), node.pointCount])
    }
    next.push(...Object.values(subtree.pages).filter(Boolean))
  }
  pages = next
}
closeSync(sink)
console.log(JSON.stringify({
  count: nodes.reduce((sum, node) => sum + node[4], 0),
  format: copc.header.pointDataRecordFormat,
  record_length: copc.header.pointDataRecordLength,
  nodes,
}))
