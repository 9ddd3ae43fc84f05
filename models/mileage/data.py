"""The examination's rows: cars of 1970 to 1982, and how far each goes."""

import numpy as np

NUMBERS = ("cylinders", "displacement", "horsepower", "weight", "acceleration", "year")
ORIGINS = np.array(["", "usa", "europe", "japan"])


def load(path):
    """Return each car's numbers by their names, its miles per gallon, and beside them its name and where it was built."""
    *numbers, origins, names, miles = np.loadtxt(path, str, delimiter=",").T
    features = dict(zip(NUMBERS, np.array(numbers, "float32"), strict=True))
    return features, miles.astype("float32"), {"name": names, "origin": ORIGINS[origins.astype(int)]}
