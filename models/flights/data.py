"""The examination's rows: flights from Newark in 2013, the weather when they should leave, and which never left."""

import pandas as pd

NUMBERS = [
    "hour",
    "weekday",
    "distance",
    "temp",
    "dewp",
    "humid",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]
CATEGORIES = ["carrier", "dest"]


def load(path, weather):
    """Return what is known of a flight beforehand, NaN where it is not, 1 where it was cancelled, and its day.

    The flights of a day are one group: when it snows, all are cancelled.
    """
    flights = pd.read_csv(path).query("origin == 'EWR'")
    table = flights.merge(pd.read_csv(weather).drop(columns="hour"), "left", ["origin", "time_hour"])
    table["weekday"] = pd.to_datetime(table["time_hour"]).dt.dayofweek
    features = {name: table[name].to_numpy("float32") for name in NUMBERS}
    features |= {name: table[name].to_numpy(object) for name in CATEGORIES}
    day = table["time_hour"].str[:10].to_numpy(object)
    return features, table["dep_time"].isna().to_numpy(int), day, {"day": day, "carrier": features["carrier"]}
