"""A triangle in metres, as GeoJSON that names its coordinate system as GDAL and QGIS do."""
import json
import sys

print(json.dumps({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{sys.argv[1]}"}},
                  "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [
                      [[565300, 5934050], [565400, 5934050], [565400, 5934200], [565300, 5934050]]]}}]}))
