"""What a model of mileage must do whatever its metrics are."""

import numpy as np

CAR = {"cylinders": 4, "displacement": 120, "horsepower": 90, "weight": 2500, "acceleration": 16, "year": 78}


def miles(predict, **changed):
    """Return what the model says of a car that differs so from an ordinary one."""
    return predict({name: np.array([value], "float32") for name, value in (CAR | changed).items()}).item()


def test_a_heavier_car_goes_less_far(predict):
    assert miles(predict, weight=3500) < miles(predict)


def test_the_power_may_be_unknown(predict):
    assert abs(miles(predict, horsepower=np.nan) - miles(predict)) < 5
