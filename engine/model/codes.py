"""Every code a fault can have, with one line on what it means. Codes are stable: never reused, never renumbered."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CODES", "table"]

CODES: Mapping[str, str] = {
    # 1xx: the file and its format
    "HR101": "The text is no YAML: a syntax error.",
    "HR102": "The file is not text in UTF-8, or has characters that YAML forbids.",
    "HR103": "The file holds no graph: it is empty, or no mapping of keys.",
    "HR104": "The file holds more than one YAML document.",
    "HR105": "The file, its depth or the number of its values is beyond what a graph may have.",
    "HR106": "An alias is used beyond what is allowed, or within itself.",
    "HR107": "A YAML tag or directive; a graph file is plain data.",
    "HR108": "A key that is no text.",
    "HR109": "A key is given twice.",
    "HR110": "The version of the format is missing or no whole number.",
    "HR111": "The file is written in a newer format than this headrace reads.",
    "HR112": "The file is written in an older format that can no longer be read.",
    "HR120": "An unknown key at the top of the file.",
    "HR121": "A required key is missing at the top of the file.",
    "HR122": "A key at the top of the file has a value of the wrong form.",
    "HR123": "A node is not written as a mapping of keys.",
    "HR124": "A node has no type, or a type that is no text.",
    "HR125": "The inputs of a node are not written as a name, a list or a mapping.",
    "HR126": "YAML's merge key '<<', which graph files don't use.",
    "HR130": "The graph that is extended can't be found.",
    "HR131": "A graph extends itself, directly or through others.",
    "HR132": "A node is removed that the extended graph doesn't have.",
    "HR140": "Local Python files are named, but not trusted.",
    "HR141": "A local Python file can't be loaded.",
    "HR150": "A condition of 'when' that can't be understood.",
    "HR151": "A wrong policy, limit or key of 'intake'.",
    # 2xx: names
    "HR201": "An unknown node type.",
    "HR202": "Two nodes have the same name.",
    "HR203": "A name that a node can't have.",
    "HR204": "An input names a node that doesn't exist.",
    "HR205": "An input names an output that the node doesn't have.",
    "HR206": "An input port that the node type doesn't have.",
    "HR207": "An input that is no reference to a node.",
    "HR208": "A name that a graph can't have.",
    "HR209": "Two results have the same name.",
    "HR210": "A name that a result can't have.",
    # 3xx: parameters and the keys that every node has
    "HR301": "An unknown key or parameter.",
    "HR302": "A required parameter is missing.",
    "HR303": "A parameter's value has the wrong type.",
    "HR304": "A parameter's value is out of range.",
    "HR305": "A parameter's value has the wrong unit.",
    "HR306": "A parameter's value is none of its choices.",
    "HR307": "An expression that can't be understood.",
    "HR308": "An expression uses a name that it isn't given.",
    "HR309": "Parameters that don't go together.",
    "HR310": "A wrong value of 'on_error'.",
    "HR311": "A substitute that the node's outputs can't have.",
    "HR312": "A wrong value of 'cache'.",
    "HR313": "A note that is no text.",
    # 4xx: ports, cadences, alignment
    "HR401": "A required input is missing.",
    "HR402": "An input is connected twice.",
    "HR403": "More inputs than the node type has.",
    "HR404": "An output's port type doesn't fit the input.",
    "HR405": "An input refers to a node that gives nothing.",
    "HR410": "A cycle: a node depends on itself.",
    "HR411": "Values of each event meet values that exist only when the run ends.",
    "HR412": "A node that collects events is fed by values that exist once per run.",
    "HR413": "Values of different streams meet, and can't be aligned.",
    # 5xx: use
    "HR501": "The graph has no nodes.",
    "HR502": "The graph keeps nothing: it has no sink.",
    "HR503": "A node whose outputs nobody uses.",
    "HR504": "A sink without inputs.",
}


def table() -> str:
    """Write the codes as a Markdown table."""
    rows = [f"| `{code}` | {meaning} |" for code, meaning in CODES.items()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])
