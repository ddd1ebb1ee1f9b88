import io
import math

import numpy as np
import pytest
from PIL import Image

from tbreport.charts import Chart, style
from tbreport.charts.spark import Spark


def pixels(spark):
    drawing = spark.draw()
    image = Image.open(io.BytesIO(drawing.png))
    assert (drawing.width, drawing.height, image.size) == (96, 24, (192, 48))
    return np.asarray(image.convert("RGBA"))


@pytest.mark.parametrize("count", [1, 2, 1000, 100_000])
def test_a_spark_shows_its_run_in_few_bytes(count):
    x = np.arange(float(count))
    spark = Spark.of("falls", x, np.exp(-x / count), 6)
    assert isinstance(spark, Chart)
    assert len(spark.x) <= 200
    assert len(spark.draw().png) < 2500
    colours = pixels(spark).reshape(-1, 4).tolist()
    assert [*style.rgb(style.run_colour(6)), 255] in colours


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, math.nan]])
def test_a_spark_of_nothing_is_empty(values):
    spark = Spark.of("nothing", np.arange(float(len(values))), np.array(values), 0)
    assert not pixels(spark)[:, :, 3].any()


@pytest.mark.parametrize("values", [[5.0, 5.0], [1, math.nan, 2], [-1e308, 1e308], [0.0]])
def test_odd_curves_show(values):
    spark = Spark.of("odd", np.arange(float(len(values))), np.array(values), 0)
    assert pixels(spark)[:, :, 3].any()
