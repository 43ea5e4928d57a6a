"""Reads every node of a COPC file with copclib; raw records to OUT, node keys, counts and offsets of chunks as JSON to standard output.

usage: read_copclib.py FILE OUT
"""
import json
import sys

import copclib

path, out = sys.argv[1:]
reader = copclib.FileReader(path)
header = reader.copc_config.las_header
nodes, offsets = [], []
with open(out, "wb") as file:
    for node in reader.GetAllNodes():
        data = reader.GetPointData(node)
        file.write(bytes(memoryview(data)) if not isinstance(data, bytes) else data)
        nodes.append([node.key.d, node.key.x, node.key.y, node.key.z, node.point_count])
        offsets.append(node.offset)
print(json.dumps({
    "count": sum(n[4] for n in nodes),
    "format": header.point_format_id,
    "record_length": header.point_record_length,
    "nodes": nodes,
    "offsets": offsets,
}))
