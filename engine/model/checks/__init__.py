"""The graph check, one file for each kind of fault: names, parameters, common keys, ports, cadences, use."""
