package text

import (
	"strings"
	"sync"
)

// regional are words that Taiwan and Hong Kong use for what the mainland calls
// otherwise, in simplified characters: the words that customers and help pages
// need. Words that mean something else on the mainland are left out unless they
// hardly occur there.
var regional = [...]string{
	// signing in
	"登入", "登录", "登出", "退出登录", "帐户", "账户", "身分", "身份", "双重验证", "双重认证", "生物辨识", "生物识别", "脸部辨识", "人脸识别", "重设", "重置",
	"启用", "激活", "预设", "默认", "设定", "设置", "变更", "更改", "汇入", "导入", "汇出", "导出", "储存", "保存", "复原", "恢复", "搜寻", "搜索", "选单", "菜单", "按键", "按钮",
	// devices and networks
	"应用程式", "应用程序", "程式", "程序", "软体", "软件", "硬体", "硬件", "韧体", "固件", "装置", "设备", "手提电话", "手机", "行动电话", "手机", "萤幕", "屏幕", "荧幕", "屏幕",
	"滑鼠", "鼠标", "印表机", "打印机", "列印", "打印", "影印", "复印", "扫瞄", "扫描", "笔电", "笔记本电脑", "记忆体", "内存", "硬碟", "硬盘", "随身碟", "U盘", "蓝芽", "蓝牙",
	"网际网路", "互联网", "网路", "网络", "无线网路", "无线网络", "宽频", "宽带", "光纤网路", "光纤网络", "数据机", "调制解调器", "伺服器", "服务器", "连线", "连接", "断线", "断网",
	"连结", "链接", "网域", "域名", "频宽", "带宽", "讯号", "信号", "讯息", "消息", "资讯", "信息", "简讯", "短信", "电邮", "邮件", "信箱", "邮箱", "视讯", "视频", "影片", "视频",
	"档案", "文件", "资料夹", "文件夹", "萤光", "荧光", "线上", "在线", "即时", "实时", "支援", "支持", "客制化", "定制", "品质", "质量",
	// buying
	"宅配", "快递", "超商", "便利店", "门市", "门店", "出货", "发货", "追踪", "跟踪", "保固", "保修", "折价券", "优惠券", "礼券", "礼品卡", "点数", "积分", "刷退", "退款",
	"提款机", "取款机", "提款", "取款", "汇款", "转账", "转帐", "转账", "邮递区号", "邮编", "客诉", "投诉", "营业据点", "营业网点",
	// travel
	"计程车", "出租车", "捷运", "地铁", "公车", "公交车", "脚踏车", "自行车", "单车", "自行车", "机车", "摩托车", "报到", "办理手续", "洗手间", "厕所",
}

var mainland = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer(regional[:]...)
})

// Mainland writes Chinese the way the mainland does: simplified characters, and
// its words for what Taiwan and Hong Kong call otherwise, so that question and
// document meet wherever each was written. Other text is left as it is.
func Mainland(s string) string {
	if isPlain(s) {
		return s
	}
	return mainland().Replace(Simplify(s))
}
