"""Cities with their GB/T 2260 codes.

Source: National Bureau of Statistics of China, statistical division codes of 2023, as published in
modood/Administrative-divisions-of-China (WTFPL). Four digits there, six here (the county part is 00).
"""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    code: str
    name: str
    province: str
    tier: int


CITIES = {
    city.code: city
    for city in (
        City("310100", "上海市", "上海市", 1),
        City("320100", "南京市", "江苏省", 2),
        City("320200", "无锡市", "江苏省", 2),
        City("320400", "常州市", "江苏省", 3),
        City("320500", "苏州市", "江苏省", 2),
        City("320600", "南通市", "江苏省", 3),
        City("321000", "扬州市", "江苏省", 3),
        City("330100", "杭州市", "浙江省", 2),
        City("330200", "宁波市", "浙江省", 2),
        City("330300", "温州市", "浙江省", 3),
        City("330400", "嘉兴市", "浙江省", 3),
        City("330500", "湖州市", "浙江省", 3),
        City("330600", "绍兴市", "浙江省", 3),
        City("330700", "金华市", "浙江省", 3),
        City("330800", "衢州市", "浙江省", 4),
        City("330900", "舟山市", "浙江省", 4),
        City("331000", "台州市", "浙江省", 3),
        City("331100", "丽水市", "浙江省", 4),
        City("340100", "合肥市", "安徽省", 2),
        City("340200", "芜湖市", "安徽省", 3),
        City("350100", "福州市", "福建省", 2),
        City("350200", "厦门市", "福建省", 2),
        City("360100", "南昌市", "江西省", 2),
        City("370100", "济南市", "山东省", 2),
        City("370200", "青岛市", "山东省", 2),
        City("410100", "郑州市", "河南省", 2),
        City("420100", "武汉市", "湖北省", 2),
        City("430100", "长沙市", "湖南省", 2),
        City("440100", "广州市", "广东省", 1),
        City("440300", "深圳市", "广东省", 1),
        City("510100", "成都市", "四川省", 2),
        City("610100", "西安市", "陕西省", 2),
    )
}
