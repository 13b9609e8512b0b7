"""KIE: the service that makes the videos. Facts about it, with their sources, are told where they are used."""
