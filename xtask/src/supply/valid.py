"""Holds an SBOM against the schema of CycloneDX 1.6, which a package of its makers carries."""

import importlib.util
import json
import pathlib
import sys

import jsonschema_rs

# Found and not imported: that would want what it needs itself.
package = pathlib.Path(importlib.util.find_spec("cyclonedx").submodule_search_locations[0])
schemas = {}
for name in ["bom-1.6", "spdx", "jsf-0.82"]:
    schema = json.loads((package / "schema" / "_res" / f"{name}.SNAPSHOT.schema.json").read_text())
    schemas[name] = schema
registry = jsonschema_rs.Registry(
    [(f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema) for name, schema in schemas.items()]
    + [(f"http://cyclonedx.org/schema/{name}.schema.json", schema) for name, schema in schemas.items()]
)
validator = jsonschema_rs.validator_for(schemas["bom-1.6"], registry=registry)
bom = json.loads(pathlib.Path(sys.argv[1]).read_text())
faults = [f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in validator.iter_errors(bom)]
refs = [component["bom-ref"] for component in bom["components"]] + [bom["metadata"]["component"]["bom-ref"]]
faults += [f"{ref} is named twice" for ref in set(refs) if refs.count(ref) > 1]
for edge in bom["dependencies"]:
    faults += [f"{ref} is no component" for ref in [edge["ref"], *edge["dependsOn"]] if ref not in refs]
sys.exit("\n".join(faults) or 0)
